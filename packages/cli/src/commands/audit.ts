/**
 * `checkpoint-permissions audit`: who can use what.
 *
 * @since 0.1.0
 */
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { described } from "../internal/described.ts"
import { lazily } from "../internal/lazily.ts"
import { checkpoints, force, from, maxDuration, option, out } from "../internal/parameters.ts"
import { rate, serverOptions } from "../internal/serverOptions.ts"

const Format = Schema.Literal("table", "csv", "json", "html").annotations({
  message: () => ({ message: "no format of an audit: pass table, csv, json or html", override: true })
})

const { project: _, ...server } = serverOptions

/**
 * @category commands
 * @since 0.1.0
 */
export const audit = described(
  "audit",
  Command.make(
    "audit",
    {
      checkpoints,
      from,
      projectId: option({ name: "project", pseudoName: "id", schema: ProjectId }).pipe(
        Options.withDescription("Ask only whether this project has access: one request a checkpoint."),
        Options.optional
      ),
      format: option({ name: "format", pseudoName: "form", schema: Format }).pipe(
        Options.withDescription("table (the default), csv, json, or html: one page that works from disk."),
        Options.optional
      ),
      json: Options.boolean("json").pipe(Options.withDescription("The same as --format json.")),
      out: out("Write it here instead of to standard output."),
      force,
      resume: Options.text("resume").pipe(
        Options.withPseudoName("file"),
        Options.withDescription("An audit as JSON that was cut short: what is known in it is not read again."),
        Options.optional
      ),
      maxDuration,
      rate,
      ...server
    },
    (options) => lazily(() => import("../internal/audit.ts"))(({ run }) => run({ ...options, project: Option.none() }))
  ),
  {
    summary: "Show who can use what: checkpoints × projects. What cannot be read is unknown, never no access.",
    details: [
      "A key that may only list is enough. Exits with 4 if anything is unknown. Ctrl-C and --max-duration show what was read by then; saved as JSON, --resume goes on from there."
    ],
    examples: [
      {
        line: "checkpoint-permissions audit --from policy.yaml --format html --out audit.html",
        does: "a page about every checkpoint of a policy, with names"
      },
      {
        line: "checkpoint-permissions audit --from models.json --project proj_iqGMw1llN8IrBb6SvvY5A1oF",
        does: "which of the models that GET /models answered one project may use"
      }
    ]
  }
)
