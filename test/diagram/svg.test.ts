/** An SVG shows every state and edge once, and no node lies upon another. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Diagram } from "sluice"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { Flight } from "../../examples/travel-booking/flight.ts"
import { Hotel } from "../../examples/travel-booking/hotel.ts"
import { trip } from "../../examples/travel-booking/trip.ts"
import { chain, countdown, diamond, everything, Inner, middle, outer, sixty } from "./graphs.ts"
import { contentsOf, decodeId, readSvg } from "./read.ts"

const draw = (drawable: Diagram.Drawable, options?: Diagram.DiagramOptions) =>
  Effect.map(Diagram.svg(drawable, options), readSvg)

const placesIn = ({ nodes }: ReturnType<typeof readSvg>) =>
  nodes.map(({ id }) => id).filter((id) => !/(^|\/)~(to|any)/.test(id))

const transitionsIn = ({ edges }: ReturnType<typeof readSvg>) =>
  edges.map(({ title }) => title).filter((title) => !/(^|\/)~(to|any)/.test(title))

const graphs = { chain, diamond, "ad exchange": adExchange, "sixty states": sixty(), everything } as const

describe.each(["down", "right"] as const)("drawn %s", (direction) => {
  it.effect.each(Object.entries(graphs))("%s", ([, drawable]) =>
    Effect.gen(function* () {
      const picture = yield* draw(drawable, { direction })
      const { edges, places } = contentsOf(drawable)
      expect(placesIn(picture).toSorted()).toEqual(places.toSorted())
      expect(transitionsIn(picture).toSorted()).toEqual(edges.toSorted())
      expect(picture.edges.filter(({ drawn }) => !drawn)).toEqual([])
      expect(picture.overlaps).toEqual([])
    })
  )

  it.effect("a workflow that calls two others", () =>
    Effect.gen(function* () {
      const picture = yield* draw(trip, { direction, callees: [Hotel, Flight] })
      const contents = [contentsOf(trip), contentsOf(Flight, "BookFlight/"), contentsOf(Hotel, "BookHotel/")]
      expect(placesIn(picture).toSorted()).toEqual(contents.flatMap(({ places }) => places).toSorted())
      expect(transitionsIn(picture).toSorted()).toEqual(
        [
          ...contents.flatMap(({ edges }) => edges),
          "BookFlight->BookFlight/Hold",
          "BookHotel->BookHotel/Room"
        ].toSorted()
      )
      expect(picture.groups).toEqual(["Flight", "Hotel"])
      expect(picture.overlaps).toEqual([])
    })
  )
})

describe("an SVG", () => {
  it.effect("marks where runs begin", () =>
    Effect.gen(function* () {
      const { edges } = yield* draw(sixty())
      expect(edges.map(({ title }) => title).filter((title) => title.startsWith("~to"))).toEqual([
        "~to Step 0->Step 0",
        "~to Step 30->Step 30"
      ])
    })
  )

  it.effect("has one dashed edge for the fallback of sixty states", () =>
    Effect.gen(function* () {
      const { edges } = yield* draw(sixty())
      expect(edges.filter(({ dashed }) => dashed).map(({ title }) => title)).toEqual(["~any->Failed"])
    })
  )

  it.effect("stays narrow when many states lead to one", () =>
    Effect.gen(function* () {
      const [, width] = /<svg width="(\d+)pt"/.exec(yield* Diagram.svg(sixty()))!
      expect(Number(width)).toBeLessThan(600)
    })
  )

  it.effect("says in each node what its state does", () =>
    Effect.gen(function* () {
      const { nodes } = yield* draw(everything)
      expect(nodes.find(({ id }) => id === "Book")!.lines).toEqual(["Book ↺", "retry, guard"])
    })
  )

  it.effect("shows calls within calls, and a workflow wherever it is called", () =>
    Effect.gen(function* () {
      const picture = yield* draw(outer, { callees: [middle, Inner] })
      const called = (path: string) => ["Call", "Done", "Call/Work", "Call/Done", "Call/Failed"].map((id) => path + id)
      expect(placesIn(picture).toSorted()).toEqual(
        ["Call", "Again", "Done", ...called("Call/"), ...called("Again/")].toSorted()
      )
      expect(picture.groups.toSorted()).toEqual(["Inner", "Inner", "Middle", "Middle"])
      expect(picture.edges.filter(({ dashed }) => dashed).map(({ title }) => title)).toEqual(
        expect.arrayContaining(["Call/Call/~any->Call/Call/Failed", "Again/Call/~any->Again/Call/Failed"])
      )
      expect(picture.overlaps).toEqual([])
    })
  )

  it.effect("shows a workflow that calls itself once", () =>
    Effect.gen(function* () {
      const picture = yield* draw(countdown, { callees: [countdown] })
      expect(placesIn(picture)).toEqual(["Check", "Again", "Done"])
    })
  )

  it.effect("keeps names apart that only look like others", () =>
    Effect.gen(function* () {
      const nested = {
        graph: { ...trip.graph, places: [...trip.graph.places, place("BookFlight/Hold"), place("~any")] }
      }
      const picture = yield* draw(nested, { callees: [Flight] })
      expect(picture.nodes.map(({ id }) => id).filter((id) => decodeId(id) === "BookFlight/Hold")).toHaveLength(2)
      expect(picture.overlaps).toEqual([])
    })
  )
})

const place = (name: string) => ({ ...trip.graph.places[0]!, kind: "exit" as const, name, targets: [] })
