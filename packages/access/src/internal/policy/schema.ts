import * as Identifiers from "@checkpoint-permissions/core/Identifiers"
import { refuseCheckpoint, refuseProject as refuseProjectId } from "@checkpoint-permissions/protocol/identifiers"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { optional } from "../json.ts"
import { formatValue, singleLine } from "../text/words.ts"
import { record } from "./record.ts"

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return "empty"
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object") return "a mapping"
  return typeof value === "string" ? `the text ${formatValue(value)}` : `the ${typeof value} ${formatValue(value)}`
}

/** Returns a message with the actual and the expected value, and the way to fix it. */
const expected = (todo: string, subject = "this") => ({
  message: (issue: ParseResult.ParseIssue) => `${subject} is ${kindOf(issue.actual)}: ${todo}`
})

/** Returns the message for a value that YAML does not read as text. `source` is its text in the file. */
export const notText = (value: unknown, source?: string): string => {
  if (source !== undefined && source !== "")
    return `${singleLine(source, 80)} is not text in YAML: write ${formatValue(source)}`
  return value === null || typeof value === "object"
    ? `this is ${kindOf(value)}: write text`
    : `this is ${kindOf(value)}: put it in quotes`
}

const Text = Schema.String.annotations({ message: (issue) => notText(issue.actual) })

/** Returns the reason why a text is refused, or undefined. */
type Refuse = (text: string) => string | undefined

/** Makes the check of an id. `ofGroup` returns the reason why text that is read as a group is refused. */
const refuseId =
  (ofGroup: Refuse): Refuse =>
  (id) =>
    id.startsWith("@") ? ofGroup(id) : refuseProjectId(id)

const refuseProject = refuseId(
  (id) => `${formatValue(id)} is read as a group since it begins with @: write a project id`
)

const refuseMember = refuseId((id) => `${formatValue(id)} is a group, and groups contain no groups: list its projects`)

const refuseEntry = refuseId((id) => (id === "@" ? "@ alone is not a group: write @ and its name" : undefined))

/** The rules of a group's name are those of ids, since `@name` is used in place of ids. */
const refuseGroup: Refuse = (name) =>
  name.startsWith("@")
    ? `the name ${formatValue(name)} begins with @: write it without @`
    : refuseProjectId(name)
        ?.replaceAll("the project id", "the group name")
        .replace(/: pass .*$/, ": choose another name")

/** Returns a pattern for the refusals above. It accepts more than they do where a pattern cannot express them. */
const idPattern = (not: string): string =>
  `^(?!${not})(?!\\.{1,2}$)[^\\s\\u0000-\\u001f\\u007f-\\u009f](?:[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f])?$`

const text = (refuse: Refuse, pattern: string, maxLength: number) =>
  Text.pipe(Schema.filter((value) => refuse(value), { jsonSchema: { minLength: 1, maxLength, pattern } }))

const Checkpoint = text(refuseCheckpoint, idPattern("ftckpt_"), 512).annotations({
  identifier: "Checkpoint",
  title: "Checkpoint",
  description: "The name of a fine-tuned model checkpoint, ft:…, not its ftckpt_… id.",
  examples: ["ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"]
})

const project = (refuse: Refuse, identifier: string, title: string, description: string) =>
  text(refuse, idPattern("@"), 512).pipe(
    Schema.brand("ProjectId"),
    Schema.annotations({
      identifier,
      title,
      description,
      examples: [Identifiers.ProjectId.make("proj_iqGMw1llN8IrBb6SvvY5A1oF")]
    })
  )

const Project = project(refuseProject, "Project", "Project", "The id of a project of the organization.")

const Member = project(
  refuseMember,
  "Member",
  "Project of a group",
  "The id of a project. A group contains no other groups."
)

const Group = text(refuseGroup, idPattern("@"), 512).annotations({
  identifier: "Group",
  title: "Group",
  description: "The name of a group, without the @ prefix.",
  examples: ["research"]
})

const Entry = text(refuseEntry, idPattern("@$"), 513).annotations({
  identifier: "Entry",
  title: "Project or group",
  description: 'The id of a project, or a group as "@name".',
  examples: ["proj_iqGMw1llN8IrBb6SvvY5A1oF", "@research"]
})

/** Returns true if a text is a calendar day in the form `YYYY-MM-DD`. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  Option.exists(DateTime.make(text), (day) => DateTime.formatIsoDateUtc(DateTime.toUtc(day)) === text)

/** Returns the probable meaning of a day in another form, if it has one. */
export const suggestDay = (text: string): string | undefined => {
  const [, year = "", month = "", day = ""] = /^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})$/.exec(text.trim()) ?? []
  const meant = [year, month.padStart(2, "0"), day.padStart(2, "0")].join("-")
  return isDay(meant) ? meant : undefined
}

/** Makes the schema of a day. `key` and `example` are for messages. */
const dayAt = (key: string, example: string) => {
  const message = (value: unknown): string => {
    const meant = typeof value === "string" || typeof value === "number" ? suggestDay(String(value)) : undefined
    return `${key} is ${kindOf(value)}: write ${meant === undefined ? `a day of the calendar, such as "${example}"` : formatValue(meant)}`
  }
  return Schema.String.annotations({ message: ({ actual }) => message(actual) }).pipe(
    Schema.filter((value) => (isDay(value) ? undefined : message(value)), {
      jsonSchema: { pattern: "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$" }
    })
  )
}

export const Until = dayAt("until", "2027-01-31").annotations({
  title: "Last day",
  description: "The last day with access, in UTC. The first apply after that day revokes the access.",
  examples: ["2027-01-31"]
})

const LastReview = dayAt("lastReview", "2026-11-30").annotations({
  title: "Last review",
  description: "The day of the last review, in UTC: of this entry, or of all entries of the file without their own.",
  examples: ["2026-11-30"]
})

const everyMessage = (value: unknown): string =>
  `reviewEvery is ${kindOf(value)}: write a number of days, such as "90d"`

const ReviewEvery = Schema.String.annotations({ message: ({ actual }) => everyMessage(actual) }).pipe(
  Schema.filter((value) => (/^[1-9]\d{0,3}d$/.test(value) ? undefined : everyMessage(value)), {
    jsonSchema: { pattern: "^[1-9]\\d{0,3}d$" }
  }),
  Schema.annotations({
    title: "Time between reviews",
    description:
      "The days from a review to the next one, of this entry, or of all entries of the file without their own.",
    examples: ["90d"]
  })
)

const required = <A, I>(schema: Schema.Schema<A, I>, missing: string) =>
  Schema.propertySignature(schema).annotations({ missingMessage: () => missing })

const strict = { parseOptions: { onExcessProperty: "error", errors: "all" } } as const

/** A project's access with a last day, in the form of a policy. */
export const Ending = Schema.Struct({
  project: required(
    Project.annotations({ title: "Project", description: "The id of the project whose access ends." }),
    "project is missing: write the project whose access ends"
  ),
  until: required(Until, 'until is missing: write the last day, such as "2027-01-31", or the project alone'),
  reason: optional(
    Text.annotations({ title: "Reason", description: "The reason, for readers of the policy.", examples: ["pilot"] })
  )
}).annotations({
  identifier: "Ending",
  title: "Access that ends",
  description: "A project, and the last day of its access.",
  ...strict
})

/** A project's access with a last day. */
export interface Ending extends Schema.Schema.Type<typeof Ending> {}

const emptyListHint = "write projects: [] to give access to the owner only"

const Checkpoints = record(
  Checkpoint,
  Schema.Struct({
    /** The project that owns the model. It always has access, and is never granted or revoked. */
    owner: optional(
      Project.annotations({
        title: "Owner",
        description: "The project that owns the model. It always has access and is never granted or revoked."
      })
    ),
    /** The day of the last review of this entry, in UTC. Default: that of the file. */
    lastReview: optional(LastReview),
    /** The days from a review of this entry to the next one, such as `90d`. Default: that of the file. */
    reviewEvery: optional(ReviewEvery),
    /** `exact`, the default, revokes the access of other projects. `at-least` revokes nothing. */
    mode: optional(
      Schema.Literal("exact", "at-least").annotations({
        title: "Mode",
        default: "exact",
        description: "exact (the default): projects that are not listed are revoked. at-least: nothing is revoked.",
        message: ({ actual }) => ({
          message: `mode is ${kindOf(actual)}: write exact (others are revoked) or at-least (nothing is revoked)`,
          override: true
        })
      })
    ),
    /** Project ids, groups as `@name`, and projects with an end of access. */
    projects: required(
      Schema.Array(Schema.Union(Entry, Ending)).annotations({
        title: "Projects",
        description:
          "The projects and groups that have access, without an end or until a day. With an empty list, only the owner has access.",
        examples: [["@research", "proj_c"], []],
        jsonSchema: { uniqueItems: true },
        message: (issue) =>
          issue.actual === null || issue.actual === undefined
            ? `projects is empty: ${emptyListHint}`
            : `projects is ${kindOf(issue.actual)}: write a list, such as projects: [proj_a]`
      }),
      `projects is missing: ${emptyListHint}`
    )
  }).annotations({
    identifier: "CheckpointPolicy",
    title: "Access to a checkpoint",
    ...strict,
    ...expected(`write a mapping with projects, such as {projects: [proj_a]}`)
  }),
  {
    title: "Checkpoints",
    description: "The projects that may use each checkpoint.",
    ...expected("write a mapping from checkpoints to their projects, or checkpoints: {}", "checkpoints")
  }
)

const Groups = record(
  Group,
  Schema.Array(Member).annotations({
    title: "Members",
    description: "The projects of the group.",
    examples: [[Identifiers.ProjectId.make("proj_a"), Identifiers.ProjectId.make("proj_b")]],
    jsonSchema: { uniqueItems: true },
    ...expected("write the group's projects as a list, such as [proj_a, proj_b], or []")
  }),
  {
    title: "Groups",
    description: 'Lists of projects under a name, used as "@name".',
    ...expected("write a mapping from names to lists of projects, or remove it", "groups")
  }
)

const Shape = Schema.Struct({
  version: required(
    Schema.Literal(1).annotations({
      title: "Version",
      description: "The version of this format: 1.",
      ...expected("write version: 1, the only version", "version")
    }),
    "version is missing: write version: 1"
  ),
  /** The days from a review of an entry to the next one, such as `90d`. Default: no review is due. */
  reviewEvery: optional(ReviewEvery),
  /** The day of the last review of all entries without their own, in UTC. */
  lastReview: optional(LastReview),
  /** Lists of projects by name. A checkpoint refers to one as `@name`. */
  groups: optional(Groups),
  checkpoints: required(Checkpoints, "checkpoints is missing: write checkpoints: {} in a file that has none")
}).annotations({
  title: "Access policy for fine-tuned model checkpoints",
  description: "Which projects may use which fine-tuned model checkpoints.",
  ...strict,
  ...expected("write a mapping that begins with version: 1", "the policy")
})

/** The content of a policy file. */
export interface AccessPolicy extends Schema.Schema.Type<typeof Shape> {}

/** A policy as plain data, before its ids are checked. */
export interface AccessPolicyEncoded extends Schema.Schema.Encoded<typeof Shape> {}

/**
 * The schema of a policy file. It checks each part alone. {@link parse}, {@link load} and {@link make} also check that
 * groups exist and that nothing is listed twice. The package contains it as a JSON Schema, `policy.schema.json`.
 *
 * @category schemas
 */
export const AccessPolicy: Schema.Schema<AccessPolicy, AccessPolicyEncoded> = Shape
