/** The options of the emulator, each refused by its name. */
import * as FakeEmulator from "@checkpoint-permissions/fake/emulator"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { accepted } from "../input/fakeFiles.ts"
import { flag, integer, oneOf, option, optional, parsed, type Reads, repeated, text, texts } from "../input/option.ts"

const presets = ["strict", "flaky", "production", "sdk-tests"] as const

const probability = (text: string): number | undefined =>
  /^\d{1,15}(?:\.\d{1,15})?$/.test(text) && Number(text) <= 1 ? Number(text) : undefined

const secret = parsed(
  (text) => (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? Redacted.make(text) : undefined),
  "not what a header can carry: pass printable ASCII without white space at either end"
)

const key = (name: string, description: string) =>
  repeated(name, "key", secret).pipe(Options.withDescription(description))

/** A text that the fake takes as a setting of its behavior. */
const setting =
  (name: "rate" | "latency"): Reads<string> =>
  (text) =>
    Either.mapBoth(
      accepted(() => FakeEmulator.parseSettings({ behavior: { [name]: text } })),
      { onLeft: ({ reason }) => reason, onRight: () => text }
    )

export const config = {
  preset: option("preset", "name", oneOf(presets, "not a preset: pass strict, flaky, production or sdk-tests")).pipe(
    optional("What to begin with, see above.")
  ),
  settings: text("settings", "file").pipe(optional("Behavior, faults and randomSeed, in YAML or JSON.")),
  rate: option("rate", "rate", setting("rate")).pipe(optional("Calls of each operation that are taken: 10/minute.")),
  latency: option("latency", "time", setting("latency")).pipe(
    optional("How long each call takes: 300ms, or 100ms-2s.")
  ),
  faults: option(
    "faults",
    "probability",
    parsed(probability, "not a probability: pass a number from 0 to 1, such as 0.2")
  ).pipe(optional("How often a call meets a fault, such as 0.2.")),
  randomSeed: option("random-seed", "number", parsed(integer({}), "not a seed: pass a whole number, such as 7")).pipe(
    optional("What these are drawn from; 0 by default.")
  ),
  behavior: texts("behavior", "setting", "Any setting: regrant=conflict, rate.burst=3."),
  seedFile: text("seed-file", "file").pipe(optional('What there is: {"<checkpoint>": ["<project>", …]}.')),
  adminKey: key("admin-key", "May do everything. With no key, any is taken."),
  ordinaryKey: key("ordinary-key", "Is known and lacks the scopes."),
  readOnlyKey: key("read-only-key", "May list, and neither create nor delete."),
  port: option(
    "port",
    "number",
    parsed(integer({ from: 0, to: 65_535 }), "not a port: pass a number from 0 (any that is free) to 65535")
  ).pipe(Options.withDescription("The port; 0, the default, is any that is free."), Options.withDefault(0)),
  host: text("host", "address").pipe(
    Options.withDescription("The address to listen on; 127.0.0.1 by default."),
    Options.withDefault("127.0.0.1")
  ),
  controlToken: option("control-token", "token", secret).pipe(
    optional("The bearer token that requests under /__fake need.")
  ),
  noControl: flag("no-control", "No control routes under /__fake."),
  urlFile: text("url-file", "file").pipe(optional("The base URL goes here once calls are taken.")),
  untilStdinEnds: flag("until-stdin-ends", "End with standard input: with the parent process."),
  command: Args.text({ name: "command" }).pipe(
    Args.withDescription("Behind --: is run with OPENAI_BASE_URL and keys set."),
    Args.repeated
  )
}
