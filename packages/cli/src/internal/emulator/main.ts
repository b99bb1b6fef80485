/** The emulator as a separate program of the bundle. It is a third of the size, so it starts in half the time. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { emulator } from "../../commands/fake/emulator.ts"
import { program } from "../help/words.ts"
import { runProcess } from "../process.ts"
import { makeRun } from "../run.ts"

const root = Command.make(program).pipe(Command.withSubcommands([emulator.command]))

/** Runs the emulator. Help and version are handled before this module is loaded. */
const run = makeRun({ root, commands: [emulator], version: Effect.succeed("") })

export const main = (host: NodeJS.Process): void => runProcess(host, run)
