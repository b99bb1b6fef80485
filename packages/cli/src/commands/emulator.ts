/**
 * `checkpoint-permissions emulator`: the fake server on a port.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { described } from "../internal/help/described.ts"
import { digits, option } from "../internal/input/parameters.ts"
import { run } from "../internal/server/emulator.ts"

const Port = Schema.Int.pipe(Schema.between(0, 65_535)).annotations({
  message: () => ({ message: "not a port: pass a number from 0 (any that is free) to 65535", override: true })
})

const key = (name: string, description: string): Options.Options<ReadonlyArray<Redacted.Redacted>> =>
  Options.text(name).pipe(
    Options.withPseudoName("key"),
    Options.withDescription(description),
    Options.repeated,
    Options.map((keys) => keys.map((one) => Redacted.make(one)))
  )

/**
 * @category commands
 * @since 0.1.0
 */
export const emulator = described(
  "emulator",
  Command.make(
    "emulator",
    {
      port: option({ name: "port", pseudoName: "number", schema: Port, prepare: digits }).pipe(
        Options.withDescription("Port of the loopback address; 0, the default, is any that is free."),
        Options.withDefault(0)
      ),
      adminKey: key("admin-key", "A key that may do everything. Without any key option every key is taken."),
      ordinaryKey: key("ordinary-key", "A key that is known and lacks the scopes, as that of a project."),
      readOnlyKey: key("read-only-key", "A key that may list, and neither create nor delete."),
      seedFile: Options.text("seed-file").pipe(
        Options.withPseudoName("file"),
        Options.withDescription('What there is at the start, as JSON: {"<checkpoint>": ["<project>", …], …}.'),
        Options.optional
      )
    },
    run
  ),
  {
    summary: "Serve a fake of the API on this machine, for code in any language.",
    details: ["Prints its base URL on one line once it takes calls. SIGTERM and Ctrl-C end it with exit code 0."],
    examples: [
      { line: "checkpoint-permissions emulator --port 4010", does: "takes any key" },
      {
        line: "checkpoint-permissions emulator --port 4010 --admin-key sk-admin-test --ordinary-key sk-test --seed-file seed.json",
        does: "refuses every key but these two, and the second for its missing scopes"
      }
    ]
  }
)
