import { Schema } from "effect"
import { Scheduler, Workflow } from "sluice"
import * as Testing from "sluice/testing"

class Forms extends Workflow.define("Forms")
  .signal("Note", Schema.String)
  .signal("Mark", Schema.Number)
  .signal("Stop", Schema.Void)
  .state("Text", Schema.String, ["Count"])
  .state("Count", Schema.Number, ["End"])
  .exit("End", Schema.Void)
  .start("Text", "Count") {}
const forms = Forms.implement({ Text: ({ to }) => to.Count(1), Count: ({ to }) => to.End() })
class Others extends Workflow.define("Others")
  .state("Begin", Schema.Number, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}
class Jobs extends Scheduler.define("Jobs", {
  forms: Scheduler.entry(Forms, Scheduler.manual, { input: "" }),
  others: Scheduler.entry(Others, Scheduler.manual, { input: 1 })
}) {}

declare const state: "Text" | "Count"
declare const signal: "Note" | "Mark"
declare const maybeStop: "Note" | "Stop"
declare const job: "forms" | "others"

// The payload that is right for one of the names is not for the other.
export const step = forms.step(state, "a") // expect: 'payloads of these differ', '"Text"', '"Count"'
export const runFrom = forms.runFrom(state, "a", "a") // expect: 'payloads of these differ', '"Text"', '"Count"'
export const runFromLayer = Forms.runFrom(state, 1, "a") // expect: 'payloads of these differ', '"Text"', '"Count"'
export const underTest = Testing.runFrom(forms, state, 1, "a") // expect: 'payloads of these differ', '"Text"', '"Count"'
export const sent = forms.signal("id", signal, "a") // expect: 'payloads of these differ', '"Note"', '"Mark"'
export const sentToLayer = Forms.signal("id", signal, 1) // expect: 'payloads of these differ', '"Note"', '"Mark"'
export const sentWithNothing = forms.signal("id", maybeStop, "a") // expect: 'payloads of these differ', '"Note"', '"Stop"'
export const timed = Testing.run(forms, "a", { signals: [{ at: 1, signal, payload: "a" }] }) // expect: 'Mark'
export const triggered = Jobs.trigger(job, { input: "a" }) // expect: 'payloads of these differ', '"forms"', '"others"'
