/** The options of the emulator, each refused by its name. */
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { accepted } from "../input/accepted.ts"
import { complaint, digits, option } from "../input/parameters.ts"

const Port = Schema.Int.pipe(Schema.between(0, 65_535)).annotations({
  message: () => ({ message: "not a port: pass a number from 0 (any that is free) to 65535", override: true })
})

const Preset = Schema.Literal("strict", "flaky", "production", "sdk-tests").annotations({
  message: () => ({ message: "not a preset: pass strict, flaky, production or sdk-tests", override: true })
})

const RandomSeed = Schema.Int.annotations({
  message: () => ({ message: "not a seed: pass a whole number, such as 7", override: true })
})

const Probability = Schema.Number.pipe(Schema.between(0, 1)).annotations({
  message: () => ({ message: "not a probability: pass a number from 0 to 1, such as 0.2", override: true })
})

const HeaderText = Schema.String.pipe(Schema.pattern(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)).annotations({
  message: () => ({
    message: "not what a header can carry: pass printable ASCII without white space at either end",
    override: true
  })
})

const Secret = Schema.Redacted(HeaderText)

const number = (text: string): unknown => (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text)

const decodeSecret = Schema.decode(Secret)

const key = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("key"),
    Options.withDescription(description),
    Options.repeated,
    Options.mapEffect((keys) =>
      Effect.forEach(keys, (text) =>
        Effect.mapError(decodeSecret(text), (error) =>
          ValidationError.invalidValue(HelpDoc.p(`--${name}: ${complaint(error)}`))
        )
      )
    )
  )

/** A text that the fake takes as a setting of its behavior. */
const setting = (name: "rate" | "latency", pseudoName: string): Options.Options<string> =>
  Options.text(name).pipe(
    Options.withPseudoName(pseudoName),
    Options.mapEffect((text) =>
      Either.match(
        accepted(() => FakeEmulator.parseSettings({ behavior: { [name]: text } })),
        {
          onLeft: ({ reason }) => Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name}: ${reason}`))),
          onRight: () => Effect.succeed(text)
        }
      )
    )
  )

export const config = {
  preset: option({ name: "preset", pseudoName: "name", schema: Preset }).pipe(
    Options.withDescription("What to begin with: strict, flaky, production or sdk-tests."),
    Options.optional
  ),
  settings: Options.text("settings").pipe(
    Options.withPseudoName("file"),
    Options.withDescription("Settings in YAML or JSON, on top of the preset: behavior, faults, randomSeed."),
    Options.optional
  ),
  rate: setting("rate", "rate").pipe(
    Options.withDescription("How many calls of each operation are taken, such as 10/minute."),
    Options.optional
  ),
  latency: setting("latency", "time").pipe(
    Options.withDescription("How long each call takes, such as 300ms or 100ms-2s."),
    Options.optional
  ),
  faults: option({ name: "faults", pseudoName: "probability", schema: Probability, prepare: number }).pipe(
    Options.withDescription("How often a call meets a fault that a correct client survives, such as 0.2."),
    Options.optional
  ),
  randomSeed: option({ name: "random-seed", pseudoName: "number", schema: RandomSeed, prepare: digits }).pipe(
    Options.withDescription("What faults and latencies are drawn from; 0 by default."),
    Options.optional
  ),
  behavior: Options.text("behavior").pipe(
    Options.withPseudoName("setting"),
    Options.withDescription("Any setting as <name>=<value>, such as regrant=conflict or rate.burst=3."),
    Options.repeated
  ),
  seedFile: Options.text("seed-file").pipe(
    Options.withPseudoName("file"),
    Options.withDescription('What there is at the start, as JSON: {"<checkpoint>": ["<project>", …], …}.'),
    Options.optional
  ),
  adminKey: key("admin-key", "A key that may do everything. Without any key option every key is taken."),
  ordinaryKey: key("ordinary-key", "A key that is known and lacks the scopes, as that of a project."),
  readOnlyKey: key("read-only-key", "A key that may list, and neither create nor delete."),
  port: option({ name: "port", pseudoName: "number", schema: Port, prepare: digits }).pipe(
    Options.withDescription("The port; 0, the default, is any that is free."),
    Options.withDefault(0)
  ),
  host: Options.text("host").pipe(
    Options.withPseudoName("address"),
    Options.withDescription("The address to listen on; 127.0.0.1 by default."),
    Options.withDefault("127.0.0.1")
  ),
  controlToken: option({ name: "control-token", pseudoName: "token", schema: Secret }).pipe(
    Options.withDescription("What requests under /__fake have to send, as Authorization: Bearer."),
    Options.optional
  ),
  noControl: Options.boolean("no-control").pipe(Options.withDescription("No control routes under /__fake.")),
  urlFile: Options.text("url-file").pipe(
    Options.withPseudoName("file"),
    Options.withDescription("Where to write the base URL once calls are taken; removed at the end."),
    Options.optional
  ),
  untilStdinEnds: Options.boolean("until-stdin-ends").pipe(
    Options.withDescription("End when standard input does: when the parent process ends.")
  ),
  command: Args.text({ name: "command" }).pipe(
    Args.withDescription("Behind --: what to run with OPENAI_BASE_URL and keys set; its exit code is the emulator's."),
    Args.repeated
  )
}
