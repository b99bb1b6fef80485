/** `checkpoint-permissions emulator`: the fake server on a port. */

import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import * as Command from "@effect/cli/Command"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { wrongUse } from "../internal/command/failure.ts"
import { runProcess } from "../internal/command/process.ts"
import { defineCommand, makeRun, type OptionsOf } from "../internal/command/run.ts"
import { serve } from "../internal/emulator/serve.ts"
import { config, forCommand, resolve, withKeys } from "../internal/emulator/settings.ts"
import { program } from "../internal/help/words.ts"
import { loadSeed, loadSettings } from "../internal/input/document.ts"

type Parsed = OptionsOf<typeof config>

const conflict = ({ command, controlToken, host, noControl, untilStdinEnds }: Parsed): string | undefined => {
  if (noControl && Option.isSome(controlToken)) return "--no-control cannot be combined with --control-token"
  if (!noControl && Option.isNone(controlToken) && !Emulator.isLoopback(host)) {
    return `--host ${host}: others could use the control routes there: pass --control-token <token>, or --no-control`
  }
  if (command[0] === "") return "the command after -- is empty: pass a program, such as -- pytest"
  if (untilStdinEnds && command.length > 0) {
    return "--until-stdin-ends cannot be combined with a command, which reads standard input"
  }
  return undefined
}

const run = Effect.fnUntraced(function* (parsed: Parsed) {
  const wrong = conflict(parsed)
  if (wrong !== undefined) return yield* wrongUse(wrong)
  const file = yield* Effect.transposeMapOption(parsed.settings, loadSettings)
  const settings = yield* Either.mapLeft(resolve({ ...parsed, file }), (message) => wrongUse(message))
  const data = yield* Effect.transposeMapOption(parsed.seedFile, loadSeed)
  const named = withKeys(settings.behavior ?? {}, parsed)
  const keys = forCommand(named)
  const behavior = parsed.command.length > 0 ? keys.settings : named
  // logging was turned on long before, as it is on most servers
  const begun = Math.max(0, Math.floor((yield* Clock.currentTimeMillis) / 1000) - 365 * 86_400)
  const organization = { events: [{ type: "organization.updated", effective_at: begun }] }
  return yield* serve(parsed, { ...settings, organization, ...Option.getOrUndefined(data), behavior }, keys.given)
})

/** @category commands */
export const emulator = defineCommand("emulator", config, run, {
  explainsShared: ["--rate", "--seed-file"],
  summary: "Run a fake of the API on this machine, for code in any language.",
  usage: "[options] [-- <command> …]",
  lists: [
    {
      title: "Presets",
      entries: [
        { term: "strict", text: "refuses a repeated grant, unknown checkpoints, …" },
        { term: "flaky", text: "one call in five has a fault that a correct client survives" },
        { term: "production", text: "ten calls a minute of each operation; latency 200-800 ms" },
        { term: "sdk-tests", text: "lenient, with any key, for the official SDKs' own tests" }
      ]
    }
  ],
  details: [
    "Prints its base URL when it is ready. SIGTERM and Ctrl-C stop it with exit code 0. Settings override the preset, and options override both. Requests under /__fake control it."
  ],
  examples: {
    "emulator --port 4010": "accepts any key",
    "emulator --rate 10/minute --settings my.yaml -- pytest": "tests against a quota, with OPENAI_BASE_URL and keys set"
  }
})

const root = Command.make(program).pipe(Command.withSubcommands([emulator.command]))

/**
 * Runs the emulator as a separate program of the bundle. It is a third of the size, so it starts in half the time. Help
 * and version are handled before this module is loaded.
 */
export const main = (host: NodeJS.Process): void =>
  runProcess(host, makeRun({ root, commands: [emulator], version: Effect.succeed("") }))
