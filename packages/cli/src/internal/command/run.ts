/** Runs a command line with any set of commands. */

import { printableLine } from "@checkpoint-permissions/protocol/text"
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Types from "effect/Types"
import { answer, withHelp } from "../help/commandLine.ts"
import { type CommandHelp, type HelpText, program } from "../help/words.ts"
import { CommandLine } from "../input/environment.ts"
import type { ArgumentOf, OptionOf } from "../input/option.ts"
import type { Interruption } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { failureLine, withoutColors } from "../terminal/style.ts"
import * as exitCode from "./exitCode.ts"
import { type Failure, report, wrongUse } from "./failure.ts"

type Services = Screen.Screen | Interruption | CliApp.CliApp.Environment

/** Runs a command line (without the program's own name) and returns its exit code. */
export type Run = (args: ReadonlyArray<string>) => Effect.Effect<number, never, Services>

export interface Program<Name extends string, A> {
  readonly root: Command.Command<Name, Services, Failure, A>
  readonly commands: ReadonlyArray<CommandHelp>
  readonly version: Effect.Effect<string, never, Services>
}

/** Silences the output of the parser, which prints errors itself. They are reported later, each in one line. */
const withoutOutput = (console: Console.Console): Console.Console => ({
  ...console,
  log: () => Effect.void,
  error: () => Effect.void
})

const logger = (screen: Screen.Service) =>
  Logger.map(Logger.logfmtLogger, (line) => screen.unsafeWarn(printableLine(line)))

const execute = Effect.fnUntraced(function* <Name extends string, A>(
  { commands, root, version }: Program<Name, A>,
  words: ReadonlyArray<string>,
  screen: Screen.Service
) {
  const line = answer(words, yield* version, commands, { style: screen.out, columns: screen.table.width ?? 80 })
  if ("error" in line) return yield* wrongUse(line.error)
  if ("text" in line) return yield* screen.print(line.text)
  const console = yield* Effect.consoleWith(Effect.succeed)
  const parsed = Command.run(root, { name: program, version: "", executable: program })
  yield* parsed([program, program, ...line.args]).pipe(
    Effect.provide(CliConfig.layer({ showBuiltIns: false, isCaseSensitive: true, autoCorrectLimit: 0 })),
    Effect.withConsole(withoutOutput(console)),
    Effect.mapError((failure) =>
      ValidationError.isValidationError(failure) ? wrongUse(withHelp(parserMessage(failure), line.command)) : failure
    ),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger(screen))),
    Logger.withMinimumLogLevel(
      LogLevel.allLevels.find(({ _tag }) => _tag.toLowerCase() === line.logLevel) ?? LogLevel.Info
    )
  )
})

/** Reports every failure in one line on standard error. Only an interruption is left to the caller. */
export const makeRun =
  <Name extends string, A>(known: Program<Name, A>): Run =>
  (args) =>
    Effect.flatMap(Screen.Screen, (screen) =>
      execute(known, args, screen).pipe(
        Effect.provideService(CommandLine, args),
        Effect.ensuring(screen.clear),
        Effect.as(exitCode.done),
        Effect.catchAll((failure) => {
          const { code, lines } = report(failure)
          return Effect.as(
            Effect.forEach(lines, (line) => screen.warn(failureLine(screen.err, program, line))),
            code
          )
        }),
        Effect.catchAllCause((cause) =>
          Cause.isInterrupted(cause)
            ? Effect.failCause(cause)
            : screen
                .warn(failureLine(screen.err, program, `internal error, please report it: ${Cause.pretty(cause)}`))
                .pipe(Effect.as(exitCode.failed))
        )
      )
    )

type Inputs = Readonly<Record<string, OptionOf<unknown> | ArgumentOf<unknown>>>

export type OptionsOf<Config extends Command.Command.Config> = Command.Command.ParseConfig<Config>

export const defineCommand = <Name extends string, const Config extends Inputs, R, E>(
  name: Name,
  config: Config,
  run: (given: Types.Simplify<OptionsOf<Config>>) => Effect.Effect<void, E, R>,
  words: HelpText
) => {
  const entries = Object.values(config).map(({ entry }) => entry)
  return { ...words, name, command: Command.make(name, config, run), entries }
}

const rewordParserError = (message: string): string => {
  const [, extra] = /^Received unknown argument: '(.*)'$/.exec(message) ?? []
  const [, missing] = /^Expected to find option: '(--\S+)'$/.exec(message) ?? []
  return missing !== undefined
    ? `missing option ${missing}`
    : extra === undefined
      ? message.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, "")
      : `unexpected argument ${JSON.stringify(extra.replace(/\bsk-.*/, "sk-…"))}`
}

const parserMessage = (error: ValidationError.ValidationError): string =>
  rewordParserError(printableLine(withoutColors(HelpDoc.toAnsiText(error.error))))
