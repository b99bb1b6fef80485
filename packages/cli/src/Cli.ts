/**
 * The command line as an Effect: told its arguments, it answers its exit code.
 *
 * | code | when |
 * | --- | --- |
 * | 0 | done |
 * | 1 | failed |
 * | 2 | wrong use |
 * | 3 | `plan --exit-code`: there is something to change |
 * | 4 | incomplete: a listing that cannot be trusted to be whole, a plan applied in part |
 * | 5 | refused: too many revokes, not confirmed, another server, changed meanwhile |
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
import { emulator } from "./commands/emulator.ts"
import { exportPolicy } from "./commands/export.ts"
import { grant } from "./commands/grant.ts"
import { list } from "./commands/list.ts"
import { plan } from "./commands/plan.ts"
import { revoke } from "./commands/revoke.ts"
import * as exitCode from "./internal/exitCode.ts"
import { report, WrongUse } from "./internal/failure.ts"
import * as commandLine from "./internal/help/commandLine.ts"
import * as help from "./internal/help/help.ts"
import { finding, withHelp } from "./internal/help/usage.ts"
import { type Helped, ofProgram } from "./internal/help/words.ts"
import type { Interruption } from "./internal/terminal/interruption.ts"
import * as Screen from "./internal/terminal/screen.ts"
import { withoutColors } from "./internal/terminal/text.ts"

/**
 * The name of the program.
 *
 * @category constants
 * @since 0.1.0
 */
export const program = "checkpoint-permissions"

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
    create.command,
    remove.command,
    emulator.command,
    demo.command
  ])
)

const commands = [list, grant, revoke, plan, apply, exportPolicy, audit, create, remove, emulator, demo]

/**
 * Every command, with what its help is made of.
 *
 * @category help
 * @since 0.1.0
 */
export const helped: ReadonlyArray<Helped> = commands

const helpOf = (command: string | undefined, screen: Screen.Service): string =>
  help.text({ style: screen.out, columns: screen.columns }, program, commands, command)

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** The version of this package, which stands in its manifest only. */
const version = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* path.fromFileUrl(new URL("../package.json", import.meta.url))
  return (yield* Schema.decode(Manifest)(yield* fs.readFileString(file))).version
}).pipe(Effect.orElseSucceed(() => "unknown"))

/**
 * The parser prints through the console, help as well as mistakes, always in
 * colours: help goes to standard output, without them where there are none, and
 * mistakes nowhere, since they are told in one line later.
 */
const parserConsole = (console: Console.Console, screen: Screen.Service): Console.Console => ({
  ...console,
  log: (...parts) => {
    const text = parts.map(String).join(" ")
    const shown = screen.out.bold("") === "" ? withoutColors(text) : text
    return Effect.ignore(screen.print(`${shown.trimEnd()}\n`))
  },
  error: () => Effect.void
})

const logger = (screen: Screen.Service) =>
  Logger.map(Logger.logfmtLogger, (line) => screen.unsafeComplain(oneLine(line)))

const failureLine = (screen: Screen.Service, message: string): string =>
  `${screen.err.red(`${program}:`)} ${oneLine(message)}`

const execute = Effect.fnUntraced(function* (words: ReadonlyArray<string>, screen: Screen.Service) {
  const line = yield* Effect.mapError(
    commandLine.read(words, commands),
    ({ command, message }) => new WrongUse({ message: withHelp(message, program, command) })
  )
  if (line.asksFor === "help") return yield* screen.print(helpOf(line.command, screen))
  if (line.asksFor === "version") return yield* screen.print(`${yield* version}\n`)
  const console = yield* Effect.consoleWith(Effect.succeed)
  const parsed = Command.run(root, { name: program, version: yield* version, executable: program })
  yield* parsed([program, program, ...line.args]).pipe(
    Effect.provide(CliConfig.layer({ showBuiltIns: false, isCaseSensitive: true, autoCorrectLimit: 0 })),
    Effect.withConsole(parserConsole(console, screen)),
    Effect.mapError((failure) =>
      ValidationError.isValidationError(failure)
        ? new WrongUse({ message: withHelp(finding(failure), program, line.command) })
        : failure
    ),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger(screen))),
    Logger.withMinimumLogLevel(line.logLevel ?? LogLevel.Info)
  )
})

/**
 * Runs a command line (without the program's own name) and answers its exit
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
          Effect.forEach(lines, (line) => screen.complain(failureLine(screen, line))),
          code
        )
      }),
      Effect.catchAllCause((cause) =>
        Cause.isInterrupted(cause)
          ? Effect.failCause(cause)
          : screen
              .complain(failureLine(screen, `this should not happen: ${Cause.pretty(cause)}`))
              .pipe(Effect.as(exitCode.failed))
      )
    )
  )
