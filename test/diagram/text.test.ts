/** The texts of diagrams: Mermaid for pages, and DOT. */
import { Diagram } from "sluice"
import { describe, expect, it } from "vitest"
import { Flight } from "../../examples/travel-booking/flight.ts"
import { trip } from "../../examples/travel-booking/trip.ts"
import { countdown, diamond, Everything, everything } from "./graphs.ts"

describe("Mermaid", () => {
  it("draws a definition", () => {
    expect(Diagram.mermaid(diamond)).toMatchInlineSnapshot(`
      "---
      title: "Diamond"
      ---
      flowchart TB
        to_Choose((" ")):::start
        Choose("Choose")
        Left("Left")
        Right("Right")
        Meet("Meet")
        Done(["Done"]):::exit
        to_Choose --> Choose
        Choose --> Left
        Choose --> Right
        Left --> Meet
        Right --> Meet
        Meet --> Done
        classDef start fill:#888,stroke:#888
        classDef exit stroke-width:4px
      "
    `)
  })

  it("draws what the states of a workflow do", () => {
    expect(Diagram.mermaid(everything, { direction: "right" })).toMatchInlineSnapshot(`
      "---
      title: "Everything"
      ---
      flowchart LR
        to_Choose((" ")):::start
        to_Approve((" ")):::entry
        Choose{{"Choose"}}
        Gather("Gather<br/>split (2 at once): user, geo ↺, device,<br/>inventory, campaign, history<br/>join quorum 2, timeout 100ms, retry")
        Each("Each<br/>forEach ↺<br/>join partialTimeout 2s")
        Ask("Ask<br/>poll, bears 3 failures<br/>timeout 1h")
        Approve("Approve<br/>wait: Yes, No, at most 2d")
        Rest("Rest<br/>pause: a computed time")
        Until("Until<br/>pause: until 2030-01-01T00#58;00#58;00.000Z")
        Book("Book ↺<br/>retry, guard")
        Apologise("Apologise")
        Done(["Done"]):::exit
        Refused(["Refused"]):::exit
        Failed(["Failed<br/>↺ rolls back"]):::exit
        any("any state<br/>retry, timeout 5s"):::anyState
        to_Choose --> Choose
        to_Approve --> Approve
        Choose --> Gather
        Choose --> Approve
        Gather --> Each
        Each --> Ask
        Each --> Approve
        Ask --> Approve
        Approve --> Rest
        Approve --> Refused
        Rest --> Until
        Until --> Book
        Book --> Done
        Book --> Gather
        Apologise --> Failed
        any -.-> Apologise
        classDef start fill:#888,stroke:#888
        classDef entry stroke:#888
        classDef exit stroke-width:4px
        classDef anyState stroke-dasharray:4
      "
    `)
  })

  it("says of a definition what is known without handlers", () => {
    expect(Diagram.mermaid(Everything)).toMatchInlineSnapshot(`
      "---
      title: "Everything"
      ---
      flowchart TB
        to_Choose((" ")):::start
        to_Approve((" ")):::entry
        Choose("Choose")
        Gather("Gather")
        Each("Each")
        Ask("Ask")
        Approve("Approve")
        Rest("Rest")
        Until("Until")
        Book("Book")
        Apologise("Apologise")
        Done(["Done"]):::exit
        Refused(["Refused"]):::exit
        Failed(["Failed<br/>↺ rolls back"]):::exit
        any("any state"):::anyState
        to_Choose --> Choose
        to_Approve --> Approve
        Choose --> Gather
        Choose --> Approve
        Gather --> Each
        Each --> Ask
        Each --> Approve
        Ask --> Approve
        Approve --> Rest
        Approve --> Refused
        Rest --> Until
        Until --> Book
        Book --> Done
        Book --> Gather
        Apologise --> Failed
        any -.-> Apologise
        classDef start fill:#888,stroke:#888
        classDef entry stroke:#888
        classDef exit stroke-width:4px
        classDef anyState stroke-dasharray:4
      "
    `)
  })

  it("draws a called workflow within its caller", () => {
    expect(Diagram.mermaid(trip, { callees: [Flight] })).toMatchInlineSnapshot(`
      "---
      title: "Trip"
      ---
      flowchart TB
        to_BookFlight((" ")):::start
        BookFlight[["BookFlight<br/>call: Flight"]]
        BookHotel[["BookHotel<br/>call: Hotel"]]
        Pay("Pay")
        Booked(["Booked"]):::exit
        NotPossible(["NotPossible<br/>↺ rolls back"]):::exit
        subgraph group_BookFlight["Flight"]
          BookFlight_Hold("Hold")
          BookFlight_Issue("Issue")
          BookFlight_Booked(["Booked"]):::exit
          BookFlight_SoldOut(["SoldOut"]):::exit
        end
        to_BookFlight --> BookFlight
        BookFlight --> BookHotel
        BookFlight --> NotPossible
        BookHotel --> Pay
        BookHotel --> NotPossible
        Pay --> Booked
        BookFlight -. calls .-> BookFlight_Hold
        BookFlight_Hold --> BookFlight_Issue
        BookFlight_Hold --> BookFlight_SoldOut
        BookFlight_Issue --> BookFlight_Booked
        classDef start fill:#888,stroke:#888
        classDef exit stroke-width:4px
      "
    `)
  })

  it("names a workflow that calls itself, and draws it once", () => {
    const drawn = Diagram.mermaid(countdown, { callees: [countdown] })
    expect(drawn).toContain('Again[["Again<br/>call: Countdown"]]')
    expect(drawn).not.toContain("subgraph")
  })
})

describe("DOT", () => {
  it("draws a definition", () => {
    expect(Diagram.dot(diamond)).toMatchInlineSnapshot(`
      "digraph "Diamond" {
        graph [label="Diamond" labelloc=t fontname=Helvetica fontsize=16 nodesep=0.3 ranksep=0.4 rankdir=TB]
        node [shape=box style="rounded,filled" fillcolor="#f6f8fa" color="#57606a"]
        node [fontname=Helvetica fontsize=12 height=0.4 margin="0.3,0.08"]
        edge [color="#57606a" arrowsize=0.7]
        "~to Choose" [label="" shape=circle width=0.15 height=0.15 fixedsize=true fillcolor="#57606a"]
        "Choose" [label="Choose"]
        "Left" [label="Left"]
        "Right" [label="Right"]
        "Meet" [label="Meet"]
        "Done" [label="Done" peripheries=2]
        "~to Choose" -> "Choose"
        "Choose" -> "Left"
        "Choose" -> "Right"
        "Left" -> "Meet"
        "Right" -> "Meet"
        "Meet" -> "Done"
      }
      "
    `)
  })

  it("draws a called workflow within its caller", () => {
    expect(Diagram.dot(trip, { callees: [Flight] })).toMatchInlineSnapshot(`
      "digraph "Trip" {
        graph [label="Trip" labelloc=t fontname=Helvetica fontsize=16 nodesep=0.3 ranksep=0.4 rankdir=TB]
        node [shape=box style="rounded,filled" fillcolor="#f6f8fa" color="#57606a"]
        node [fontname=Helvetica fontsize=12 height=0.4 margin="0.3,0.08"]
        edge [color="#57606a" arrowsize=0.7]
        "~to BookFlight" [label="" shape=circle width=0.15 height=0.15 fixedsize=true fillcolor="#57606a"]
        "BookFlight" [label="BookFlight\\ncall: Flight" shape=component style=filled]
        "BookHotel" [label="BookHotel\\ncall: Hotel" shape=component style=filled]
        "Pay" [label="Pay"]
        "Booked" [label="Booked" peripheries=2]
        "NotPossible" [label="NotPossible\\n↺ rolls back" peripheries=2]
        "~to BookFlight" -> "BookFlight"
        "BookFlight" -> "BookHotel"
        "BookFlight" -> "NotPossible"
        "BookHotel" -> "Pay"
        "BookHotel" -> "NotPossible"
        "Pay" -> "Booked"
        "BookFlight" -> "BookFlight/Hold" [style=dotted arrowhead=empty]
        subgraph "cluster BookFlight" {
          graph [label="Flight" labelloc=b labeljust=l fontsize=12 style="rounded,dashed" color="#57606a"]
          "BookFlight/Hold" [label="Hold"]
          "BookFlight/Issue" [label="Issue"]
          "BookFlight/Booked" [label="Booked" peripheries=2]
          "BookFlight/SoldOut" [label="SoldOut" peripheries=2]
          "BookFlight/Hold" -> "BookFlight/Issue"
          "BookFlight/Hold" -> "BookFlight/SoldOut"
          "BookFlight/Issue" -> "BookFlight/Booked"
        }
      }
      "
    `)
  })
})
