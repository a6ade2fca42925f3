#!/usr/bin/env node
/**
 * The command `sluice` as a process.
 */
import { Effect } from "effect"
import { sluice } from "./command.ts"
import * as platform from "./platform.ts"

sluice(process.argv.slice(2)).pipe(Effect.provide(platform.layer), platform.runMain)
