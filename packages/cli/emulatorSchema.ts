/** The JSON Schema of the settings file of the emulator, for editors. Values come from the fake itself. */
import { behavior, faults } from "@checkpoint-permissions/fake"
import { JSONSchema, Schema } from "effect"

const { unknowns, words } = behavior

const unit = "(ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
const number = "\\d{1,12}(\\.\\d{1,6})?"
const length = `(${number} ?${unit} ?){1,5}`
const zero = "0+(\\.0+)?"

const pattern = (source: string, description: string) =>
  Schema.String.annotations({ jsonSchema: { type: "string", pattern: source, description } })

const id = (name: string, others: string, example: string) =>
  Schema.String.annotations({
    identifier: name,
    jsonSchema: {
      type: "string",
      minLength: 1,
      maxLength: 512,
      not: { pattern: `^(${others})` },
      description: `Such as ${example}.`
    }
  })

const checkpoint = id("checkpoint", "ftckpt_|ftjob-|proj_|cp_|sk-", "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const project = id("project", "ft:|ftjob-|cp_|sk-", "proj_iqGMw1llN8IrBb6SvvY5A1oF")

const from = (minimum: number) => Schema.Int.annotations({ jsonSchema: { type: "integer", minimum } })
const share = Schema.Number.pipe(Schema.between(0, 1)).annotations({ identifier: "probability" })

const duration = pattern(`^${length}$`, "Such as 300ms, 5s, 1 minute or 1h30m.").annotations({ identifier: "duration" })
const delay = Schema.Union(
  duration,
  pattern(`^${length}- ?${length}$`, "Drawn for each request, such as 100ms-2s."),
  Schema.Struct({ min: duration, max: duration })
).annotations({ identifier: "delay" })

/** A field that may be left out. */
const setting = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optionalWith(schema, { exact: true }).annotations({ description })
const oneOf = <const A extends ReadonlyArray<string | number>>(values: A, description: string) =>
  setting(Schema.Literal(...values), description)
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const perRoute = <const A extends ReadonlyArray<string>>(words: A) => {
  const word = Schema.Literal(...words)
  const fields = Object.fromEntries(faults.operations.map((operation) => [operation, optional(word)]))
  return Schema.Union(word, Schema.Struct(fields))
}

const rate = Schema.Union(
  Schema.Literal("unlimited"),
  pattern(
    `^(?!${zero} ?/)${number} ?/ ?((?!(${zero} ?[a-z]+ ?)+$)${length}|${unit})$`,
    "Such as 10/minute, 2/s, 600/h or 1/6s."
  ),
  Schema.Struct({
    requests: Schema.Positive.annotations({ description: "Calls given back in per." }),
    per: duration,
    burst: setting(
      Schema.Number.pipe(Schema.greaterThanOrEqualTo(1)),
      "The most calls that are saved up; requests by default."
    ),
    scope: oneOf(words.rate.scope, "A bucket for each operation, one for all, or one for lists and deletes together."),
    refill: oneOf(words.rate.refill, "Given back continuously, or all together each time per has passed."),
    countRefused: setting(Schema.Boolean, "Whether a refused call costs too; true by default."),
    headers: setting(
      perRoute(words.rate.headers),
      "The header of a 429 with the time to wait, of every route or by operation."
    ),
    text: setting(perRoute(words.rate.text), "The text of a 429, of every route or by operation.")
  })
)

const key = Schema.Struct({
  key: pattern("^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$", "Printable ASCII without white space at either end."),
  scopes: Schema.Array(Schema.Literal(...words.scopes)).annotations({ description: "None for an ordinary key." }),
  id: setting(Schema.NonEmptyString, "Of an admin key, in the list of keys and in the audit log."),
  project: setting(project, "Of an ordinary key.")
})

const settings = Schema.Struct({
  regrant: oneOf(unknowns.regrant, "Granting a project that has access."),
  partialCreate: oneOf(
    unknowns.partialCreate,
    "A create of which one project is refused: nothing is done, or the others are."
  ),
  overLimit: oneOf(unknowns.overLimit, "A limit that is too large: lowered silently, or 400."),
  underLimit: oneOf(unknowns.underLimit, "A limit below 1: 400, or the default."),
  deleteGone: oneOf(unknowns.deleteGone, "Deleting what is not there: 404, or 200 with deleted false or true."),
  unknownAfter: oneOf(
    unknowns.unknownAfter,
    "A cursor that is not there: 400, 404, an empty page, or the first page again."
  ),
  shortPages: setting(
    Schema.Union(Schema.Literal(...unknowns.shortPages), Schema.Struct({ seed: Schema.Int })),
    "Whether a page can be shorter than limit though there are more."
  ),
  listingLag: setting(duration, "The time until a listing shows a write."),
  defaultLimit: setting(from(1), "Permissions on a page if no limit is given."),
  maxLimit: setting(from(1), "The largest limit."),
  maxProjects: setting(from(1), "The most projects that a create takes."),
  owners: setting(Schema.Record({ key: checkpoint, value: project }), "The project that owns each checkpoint."),
  keys: setting(
    Schema.Union(Schema.Literal("any"), Schema.Array(key)),
    "The keys that the server knows; any is taken by default."
  ),
  unknownKeys: oneOf(
    words.unknownKeys,
    "A key that is not in the list: refused, or read by its prefix (sk-admin- is an admin key)."
  ),
  unknownCheckpoints: oneOf(words.unknownCheckpoints, "A checkpoint that is unknown to the server: accepted, or 404."),
  checkpoints: setting(Schema.Array(checkpoint), "Checkpoints that exist though they have no permissions."),
  unknownJobs: oneOf(
    unknowns.unknownJobs,
    "The checkpoints of a fine-tuning job that is not there, or that another project has."
  ),
  defaultProject: setting(project, "The project of jobs, ordinary keys and audit events that name none."),
  unsetModelPermissions: oneOf(unknowns.unsetModelPermissions, "The model permissions of a project that has none."),
  auditLog: oneOf(unknowns.auditLog, "The audit log: kept, refused with 403, or empty."),
  auditLag: setting(delay, "The time until the audit log shows an event."),
  auditReach: setting(
    Schema.Union(Schema.Literal("unlimited"), duration),
    "The time for which the audit log shows an event."
  ),
  auditActor: oneOf(
    unknowns.auditActor,
    "The actor of a change through the API: a session of the user who owns the key, or the key."
  ),
  pageObject: oneOf(unknowns.pageObject, 'Whether pages under /organization and of jobs have object: "list".'),
  dashboardEvents: setting(share, "The share of the changes by the dashboard that leave an event."),
  repeatEvents: setting(Schema.Boolean, "Whether a grant or a delete that changes nothing leaves an event."),
  rate: setting(rate, "The quota of calls."),
  latency: setting(delay, "Between the arrival of a request and its execution."),
  replyLatency: setting(delay, "Between the execution and the reply.")
} satisfies Record<keyof typeof behavior.defaults, unknown>)

const operation = Schema.Literal(...faults.operations).annotations({ identifier: "operation" })

const fault = Schema.Union(
  Schema.Literal(...faults.kinds),
  Schema.Struct(
    {
      _tag: Schema.Literal(...faults.tags)
    },
    { key: Schema.String, value: Schema.Unknown }
  )
).annotations({ identifier: "fault", description: "A kind by its name, or an object." })

const entry = Schema.Struct({
  fault,
  operation: optional(operation),
  checkpoint: optional(Schema.String),
  nth: optional(from(1)),
  times: optional(from(1))
}).annotations({ identifier: "entry" })

const plan = Schema.Union(
  share,
  Schema.Struct({
    _tag: optional(Schema.Literal("Random")),
    probability: share,
    seed: optional(Schema.Int),
    kinds: optional(Schema.Array(Schema.Literal(...faults.kinds))),
    operations: optional(Schema.Array(operation)),
    atMost: optional(from(0)),
    consecutive: optional(from(1))
  }),
  Schema.Array(entry),
  Schema.Struct({ _tag: optional(Schema.Literal("Scripted")), entries: Schema.Array(entry) })
)

export const emulator = JSONSchema.make(
  Schema.Struct({
    $schema: setting(Schema.String, "The address of this schema, for editors."),
    behavior: setting(settings, "The behavior of the server. Settings that are left out have their defaults."),
    faults: setting(plan, "Faults to inject: a probability, a random plan, or a list."),
    randomSeed: setting(Schema.Int, "The seed of faults and latencies; 0 by default.")
  }).annotations({
    title: "Settings of checkpoint-permissions emulator",
    description: "A file for --settings: the behavior of the fake server and the faults that it injects."
  })
)
