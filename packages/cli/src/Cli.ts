/**
 * The command line as an Effect: given its arguments, it returns its exit code.
 *
 * | code | when |
 * | --- | --- |
 * | 0 | done |
 * | 1 | failed |
 * | 2 | wrong use |
 * | 3 | `plan --exit-code`: there are changes; `drift`: there are differences; `review --exit-code`: a review is due |
 * | 4 | incomplete: a listing may be incomplete, something is unknown, or a plan is applied in part |
 * | 5 | refused: too many revokes, not confirmed, another server, changed in the meantime, locked |
 * | 129, 130, 143 | interrupted by SIGHUP, SIGINT, SIGTERM |
 */

import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { create, listPage, remove } from "./commands/api.ts"
import { apply } from "./commands/apply.ts"
import { audit } from "./commands/audit.ts"
import { demo } from "./commands/demo.ts"
import { discover } from "./commands/discover.ts"
import { doctor } from "./commands/doctor.ts"
import { show, validate } from "./commands/documents.ts"
import { drift } from "./commands/drift.ts"
import { emulator } from "./commands/emulator.ts"
import { exportPolicy } from "./commands/export.ts"
import { grant, revoke } from "./commands/grant.ts"
import { history } from "./commands/history.ts"
import { list } from "./commands/list.ts"
import { offboard } from "./commands/offboard.ts"
import { plan } from "./commands/plan.ts"
import { review } from "./commands/review.ts"
import { makeRun } from "./internal/command/run.ts"
import { version } from "./internal/command/version.ts"
import { type CommandHelp, program, purpose } from "./internal/help/words.ts"
import type { Interruption } from "./internal/terminal/interruption.ts"
import type { Screen } from "./internal/terminal/screen.ts"

export {
  /**
   * The name of the program.
   *
   * @category constants
   */
  program
}

const commands = Arr.make(
  list,
  grant,
  revoke,
  offboard,
  plan,
  apply,
  show,
  validate,
  audit,
  exportPolicy,
  discover,
  history,
  drift,
  review,
  doctor,
  emulator,
  demo,
  listPage,
  create,
  remove
)

const root = Command.make(program).pipe(
  Command.withDescription(purpose),
  Command.withSubcommands(Arr.map(commands, ({ command }) => command))
)

/**
 * Every command, with the parts of its help.
 *
 * @category help
 */
export const commandHelp: ReadonlyArray<CommandHelp> = commands

/**
 * Runs a command line (without the program's own name) and returns its exit code. Each failure is reported in one line
 * on standard error. Only an interruption is left to the caller.
 *
 * @category running
 */
export const run = (
  args: ReadonlyArray<string>
): Effect.Effect<number, never, Screen | Interruption | CliApp.CliApp.Environment> =>
  makeRun({ root, commands, version: Effect.succeed(version) })(args)
