/**
 * The command line as an Effect: given its arguments, it returns its exit code.
 *
 * | code | when |
 * | --- | --- |
 * | 0 | done |
 * | 1 | failed |
 * | 2 | wrong use |
 * | 3 | `plan --exit-code`: there is something to change; `diff`: something differs |
 * | 4 | incomplete: a listing that cannot be trusted to be whole, something unknown, a plan applied in part |
 * | 5 | refused: too many revokes, not confirmed, another server, changed meanwhile, locked |
 * | 130, 143 | interrupted by SIGINT, by SIGTERM |
 *
 * @since 0.1.0
 */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Cause from "effect/Cause"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import { apply } from "./commands/apply.ts"
import { audit } from "./commands/audit.ts"
import { create } from "./commands/create.ts"
import { remove } from "./commands/delete.ts"
import { demo } from "./commands/demo.ts"
import { diff } from "./commands/diff.ts"
import { emulator } from "./commands/emulator.ts"
import { exportPolicy } from "./commands/export.ts"
import { grant } from "./commands/grant.ts"
import { list } from "./commands/list.ts"
import { parity } from "./commands/parity.ts"
import { plan } from "./commands/plan.ts"
import { revoke } from "./commands/revoke.ts"
import * as exitCode from "./internal/exitCode.ts"
import { report, WrongUse } from "./internal/failure.ts"
import { answer, withHelp } from "./internal/help/answer.ts"
import { finding } from "./internal/help/usage.ts"
import { type Helped, ofProgram, program } from "./internal/help/words.ts"
import type { Interruption } from "./internal/terminal/interruption.ts"
import * as Screen from "./internal/terminal/screen.ts"
import { failureLine } from "./internal/terminal/style.ts"

export {
  /**
   * The name of the program.
   *
   * @category constants
   * @since 0.1.0
   */
  program
}

const root = Command.make(program).pipe(
  Command.withDescription(ofProgram.summary),
  Command.withSubcommands([
    list.command,
    grant.command,
    revoke.command,
    plan.command,
    apply.command,
    exportPolicy.command,
    audit.command,
    diff.command,
    create.command,
    remove.command,
    emulator.command,
    parity.command,
    demo.command
  ])
)

const commands = [list, grant, revoke, plan, apply, exportPolicy, audit, diff, create, remove, emulator, parity, demo]

/**
 * Every command, with what its help is made of.
 *
 * @category help
 * @since 0.1.0
 */
export const helped: ReadonlyArray<Helped> = commands

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** The version of this package, which stands in its manifest only. */
const version = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* path.fromFileUrl(new URL("../package.json", import.meta.url))
  return (yield* Schema.decode(Manifest)(yield* fs.readFileString(file))).version
}).pipe(Effect.orElseSucceed(() => "unknown"))

/** The parser prints its mistakes: they are told in one line later. */
const silent = (console: Console.Console): Console.Console => ({
  ...console,
  log: () => Effect.void,
  error: () => Effect.void
})

const logger = (screen: Screen.Service) =>
  Logger.map(Logger.logfmtLogger, (line) => screen.unsafeComplain(oneLine(line)))

const execute = Effect.fnUntraced(function* (words: ReadonlyArray<string>, screen: Screen.Service) {
  const line = answer(
    words,
    { name: program, version: yield* version, commands },
    { style: screen.out, columns: screen.columns }
  )
  if ("mistake" in line) return yield* new WrongUse({ message: line.mistake })
  if ("text" in line) return yield* screen.print(line.text)
  const console = yield* Effect.consoleWith(Effect.succeed)
  const parsed = Command.run(root, { name: program, version: "", executable: program })
  yield* parsed([program, program, ...line.args]).pipe(
    Effect.provide(CliConfig.layer({ showBuiltIns: false, isCaseSensitive: true, autoCorrectLimit: 0 })),
    Effect.withConsole(silent(console)),
    Effect.mapError((failure) =>
      ValidationError.isValidationError(failure)
        ? new WrongUse({ message: withHelp(finding(failure), program, line.command) })
        : failure
    ),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger(screen))),
    Logger.withMinimumLogLevel(
      LogLevel.allLevels.find(({ _tag }) => _tag.toLowerCase() === line.logLevel) ?? LogLevel.Info
    )
  )
})

/**
 * Runs a command line (without the program's own name) and returns its exit
 * code. Everything that goes wrong is told in one line on standard error; only
 * an interruption is left to the caller.
 *
 * @category running
 * @since 0.1.0
 */
export const run = (
  args: ReadonlyArray<string>
): Effect.Effect<number, never, Screen.Screen | Interruption | CliApp.CliApp.Environment> =>
  Effect.flatMap(Screen.Screen, (screen) =>
    execute(args, screen).pipe(
      Effect.ensuring(screen.clear),
      Effect.as(exitCode.done),
      Effect.catchAll((failure) => {
        const { code, lines } = report(failure)
        return Effect.as(
          Effect.forEach(lines, (line) => screen.complain(failureLine(screen.err, program, line))),
          code
        )
      }),
      Effect.catchAllCause((cause) =>
        Cause.isInterrupted(cause)
          ? Effect.failCause(cause)
          : screen
              .complain(failureLine(screen.err, program, `this should not happen: ${Cause.pretty(cause)}`))
              .pipe(Effect.as(exitCode.failed))
      )
    )
  )
