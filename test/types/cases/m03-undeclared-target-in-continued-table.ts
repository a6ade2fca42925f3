import { Schema } from "effect"
import { Workflow } from "sluice"

const half = Workflow.define("Continued").state("Begin", Schema.String, ["Middle", "Nowhere"])

export class Continued extends half.state("Middle", Schema.String, ["End"]).exit("End", Schema.String).start("Begin") {} // expect: "'Begin'", "'Nowhere'"
