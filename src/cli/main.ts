#!/usr/bin/env node
/**
 * The command `sluice`.
 */
import { createRequire } from "node:module"
import { Effect, Layer } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import { check } from "./check.ts"
import { diagram } from "./diagram.ts"
import * as platform from "./platform.ts"

const { version }: { readonly version: string } = createRequire(import.meta.url)("../../package.json")

const sluice = Command.make("sluice").pipe(
  Command.withDescription("Draws and checks the workflows that a module exports"),
  Command.withSubcommands([diagram, check])
)

const config = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

Command.run(sluice, { version }).pipe(Effect.provide(Layer.merge(platform.layer, config)), platform.runMain)
