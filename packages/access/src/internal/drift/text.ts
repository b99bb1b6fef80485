import { ascii, pluralize, printable, printableId, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { nameOf } from "../audit/cells.ts"
import { formatActor } from "../history/changes.ts"
import { minuteOf, rowsOf } from "../history/text.ts"
import * as Text from "../text/columns.ts"
import { type Columns, codeSpan, csv, tabbed, table } from "../text/formats.ts"
import { type Difference, Drift, type Note } from "./report.ts"

const dayOf = (seconds: number): string => Text.day(DateTime.unsafeMake(seconds * 1000))

const actorOf = (difference: Difference): readonly [actor: string, when: string] => {
  if ("permission" in difference) {
    const { createdAt, grant } = difference
    const when = minuteOf(createdAt)
    if (grant === undefined) return ["", when]
    const words = { NotInLog: "not in the log", NotSearched: "not searched" }
    return [grant._tag === "InLog" ? formatActor(grant.by) : words[grant._tag], when]
  }
  if (difference.kind === "another owner") return [`the model's job says ${printableId(difference.owner)}`, ""]
  if (difference.kind === "unread") return [printable(difference.reason), ""]
  if (difference.kind !== "in the policy, no access" || difference.end === undefined) return ["", ""]
  const { end } = difference
  const others = (noun: string) => (end.laterDeletes === 0 ? "" : `, or one of ${pluralize(end.laterDeletes, noun)}`)
  if (end._tag === "NotGranted") {
    const part = end.isComplete ? "the log" : "the newest part of the log"
    return [`no grant in ${part}: perhaps not applied yet${others("delete")}`, ""]
  }
  const id = end.permission === undefined ? "" : ` (${printableId(end.permission)})`
  const last =
    end._tag === "Revoked"
      ? `last revoke in the log: ${formatActor(end.by)}, ${dayOf(end.at)}${id}`
      : `granted ${dayOf(end.at)}${id}, no revoke in the log`
  return [last + others("later delete"), minuteOf(end.at)]
}

const columnsOf = (drift: Drift): Columns<Difference> => [
  ["difference", ({ kind }) => kind],
  ["checkpoint", ({ checkpoint }) => ascii(checkpoint)],
  ["project", (one) => ("project" in one ? ascii(one.project) : undefined)],
  ["name", (one) => ("project" in one ? nameOf(drift, one.project) : undefined)],
  ["permission", (one) => ("permission" in one ? ascii(one.permission) : undefined)],
  ["actor", (one) => actorOf(one)[0]],
  ["when", (one) => actorOf(one)[1]]
]

/**
 * Returns the differences as CSV (RFC 4180). No cell is a formula, and no character controls a terminal.
 *
 * @category rendering
 */
export const toCsv = (drift: Drift): string => csv(columnsOf(drift), drift.differences)

/**
 * Returns the rows of {@link toCsv} without a header, with cells separated by tabs.
 *
 * @category rendering
 */
export const toLines = (drift: Drift): string => tabbed(columnsOf(drift), drift.differences)

const titles = ["DIFFERENCE", "CHECKPOINT", "PROJECT", "ACTOR", "WHEN"] as const

const rowsIn = (drift: Drift): ReadonlyArray<ReadonlyArray<string>> =>
  drift.differences.map((difference) => {
    const project = "project" in difference ? Text.labelled(drift, difference.project) : ""
    return [difference.kind, printableId(difference.checkpoint), project, ...actorOf(difference)]
  })

/** Returns the number of differences of each kind: `2 ended; 1 unread`. */
const countsText = ({ differences }: Drift): string =>
  Object.entries(Arr.groupBy(differences, ({ kind }) => kind))
    .map(([kind, some]) => `${some.length} ${kind}`)
    .join("; ")

const clock = (time: DateTime.Utc): string => DateTime.formatIso(time).slice(11, 16)

const verdict = (drift: Drift): string => {
  const { checkpoints, differences, log, readAt, readFrom, unmanaged } = drift
  const read = `read ${Arr.dedupe([clock(readFrom), clock(readAt)]).join("–")}`
  if (differences.length === 0) {
    const unknown = unmanaged.isRead && !log.isComplete ? ". Checkpoints in no policy are unknown" : ""
    return `No difference at the ${pluralize(checkpoints, "checkpoint")} of the policy (${read})${unknown}`
  }
  const unread = differences.filter(({ kind }) => kind === "unread").length
  const incomplete = unread === 0 ? "" : `Incomplete, ${pluralize(unread, "checkpoint")} not read. `
  const at = new Set(differences.map(({ checkpoint }) => checkpoint)).size
  return `${incomplete}${pluralize(differences.length, "difference")} at ${pluralize(at, "checkpoint")} (${checkpoints} in the policy, ${read}): ${countsText(drift)}`
}

const noteText = (drift: Drift, note: Note): string => {
  const checkpoint = printableId(note.checkpoint)
  if (note.kind === "other projects") {
    return `${pluralize(note.projects, "project")} not in the policy ${note.projects === 1 ? "keeps" : "keep"} access to ${checkpoint} (mode: at-least)`
  }
  const project = Text.labelled(drift, note.project)
  switch (note.kind) {
    case "archived project":
      return `archived project in the policy: ${project} for ${checkpoint}${note.others === 0 ? "" : ` and ${pluralize(note.others, "more checkpoint")}`}`
    case "duplicate":
      return `duplicate permission: ${project} has an older one than ${printableId(note.permission)} for ${checkpoint}`
    case "owner listed":
      return `permission of an owner: ${project} owns ${checkpoint}, and the server lists ${printableId(note.permission)}`
  }
}

const logText = ({ log, projectsFailure, readAt, unmanaged }: Drift): ReadonlyArray<string> => {
  const { failure, isComplete, keyNamesFailure, oldest } = log
  const before = oldest === undefined ? "" : ` before ${minuteOf(oldest)}`
  const { length } = unmanaged.checkpoints
  return Text.sentences([
    projectsFailure !== undefined && `project ids not checked: ${printable(projectsFailure)}`,
    failure !== undefined && `audit log not read${before}: ${printable(failure)}`,
    !isComplete &&
      failure === undefined &&
      oldest !== undefined &&
      `audit log read back to ${minuteOf(oldest)}, and around each permission that differs`,
    keyNamesFailure !== undefined && `names of keys not read: ${printable(keyNamesFailure)}`,
    length > 0 &&
      `${pluralize(length, "unmanaged checkpoint")} with a grant and no later revoke in the log${unmanaged.isRead ? "" : " (not read without --unmanaged)"}`,
    !unmanaged.isRead && !isComplete && "checkpoints in no policy are known only as far as the log was read",
    `read on ${Text.day(readAt)}. Times are in UTC`
  ])
}

const changesText = ({ changes }: Drift): ReadonlyArray<string> =>
  changes.length === 0 ? [] : [`${pluralize(changes.length, "change")} of the last eight days left no difference:`]

/** The policy files that the command of a review names. Default: those that commands read by default. */
type PolicyFiles = { readonly files?: ReadonlyArray<string> | undefined }

const dueTitles = ["FILE", "CHECKPOINTS", "ACCESSES IN THE POLICY", "DUE SINCE"] as const

/** Returns a word of a command for a shell, quoted if necessary. */
const shellWord = (word: string): string =>
  /^[\w./:@=,-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`

const reviewCommand = ({ files = [] }: PolicyFiles): string =>
  `checkpoint-permissions review${files.map((file) => ` -f ${shellWord(file)}`).join("")}`

const dueRows = ({ due = [] }: Drift): ReadonlyArray<ReadonlyArray<string>> =>
  due.map(({ accesses, checkpoints, file = "the policy", futureReviews = 0, neverReviewed = 0, since }) => {
    const days = [
      ...(since === undefined ? [] : [since]),
      ...(neverReviewed === 0 ? [] : [`${neverReviewed} never reviewed`]),
      ...(futureReviews === 0 ? [] : [`${pluralize(futureReviews, "last review")} after today`])
    ]
    return [printable(file), String(checkpoints), String(accesses), days.join(", ")]
  })

const unmanagedTitles = ["CHECKPOINT", "PROJECT", "GRANTED BY", "WHEN"] as const

const unmanagedTitle = "In no policy, with a grant and no later revoke in the log"

/** Returns the grants at checkpoints in no policy. Empty if these were read: then they are differences. */
const unmanagedRows = (drift: Drift): ReadonlyArray<ReadonlyArray<string>> =>
  drift.unmanaged.isRead
    ? []
    : drift.unmanaged.grants.map(({ at, by, checkpoint = "", project }) => [
        printableId(checkpoint),
        project === undefined ? "unknown" : Text.labelled(drift, project),
        formatActor(by),
        minuteOf(at)
      ])

/**
 * Returns the differences for a terminal or a log: the verdict, a table, and further changes in the audit log. No id is
 * cut, and no text controls a terminal.
 *
 * @category rendering
 */
export const toText = (drift: Drift, options: Text.TextOptions & PolicyFiles = {}): string => {
  const styled = Text.style(options.color)
  const columns = Text.columnsOf(options.width)
  const table = Text.fitted(titles, rowsIn(drift), columns)
  const wrapped = (texts: ReadonlyArray<string>) => texts.flatMap((text) => Text.wrap(text, columns))
  const notes = wrapped(Text.sentences(drift.notes.map((note) => noteText(drift, note))))
  const due = Text.fitted(dueTitles, dueRows(drift), columns)
  const unmanaged = Text.fitted(unmanagedTitles, unmanagedRows(drift), columns)
  return Text.joinLines([
    ...wrapped([`${verdict(drift)}.`]).map(styled.bold),
    "",
    ...table,
    ...(table.length === 0 ? [] : [""]),
    ...notes,
    ...(notes.length === 0 ? [] : [""]),
    ...(due.length === 0 ? [] : [...wrapped([`Review due: ${reviewCommand(options)}`]), ...due, ""]),
    ...(unmanaged.length === 0 ? [] : [...wrapped([`${unmanagedTitle}:`]), ...unmanaged, ""]),
    ...wrapped([...logText(drift), ...changesText(drift)]),
    ...rowsOf(drift.changes, { ...options, names: drift.names })
  ])
}

/**
 * Returns the differences as Markdown, for an issue or a job summary. A table has at most `rows` rows (default 200).
 * Further rows are left out and counted.
 *
 * @category rendering
 */
export const toMarkdown = (
  drift: Drift,
  { files, rows: most = 200 }: PolicyFiles & { readonly rows?: number | undefined } = {}
): string => {
  const { changes, differences, exitCode, notes } = drift
  const title = { 0: "no difference", 3: pluralize(differences.length, "difference"), 4: "incomplete" }[exitCode]
  const changed = changes.map(({ action, at, by, checkpoint = "unknown", project }) => [
    action,
    ascii(checkpoint),
    project === undefined ? "unknown" : Text.labelled(drift, project),
    formatActor(by),
    minuteOf(at)
  ])
  const lower = (words: ReadonlyArray<string>) => words.map((one) => one.toLowerCase())
  const due = table(lower(dueTitles), dueRows(drift), most)
  const unmanaged = table(lower(unmanagedTitles), unmanagedRows(drift), most)
  const remarks = [...Text.sentences(notes.map((note) => noteText(drift, note))), ...logText(drift)]
  return [
    `### Access drift: ${title}`,
    "",
    `${verdict(drift)}.`,
    "",
    ...table(lower(titles), rowsIn(drift), most),
    ...(due.length === 0 ? [] : ["#### Review due", "", codeSpan(reviewCommand({ files })), "", ...due]),
    ...(unmanaged.length === 0 ? [] : [`#### ${unmanagedTitle}`, "", ...unmanaged]),
    ...remarks.map((one) => `- ${codeSpan(one)}`),
    "",
    ...changesText(drift).flatMap((text) => [text, ""]),
    ...table(["change", "checkpoint", "project", "actor", "when"], changed, most)
  ].join("\n")
}

const encode = Schema.encodeSync(Drift)

/**
 * Returns the differences as JSON.
 *
 * @category files
 */
export const toJson = (drift: Drift): string => `${visibleJson(JSON.stringify(encode(drift), null, 2))}\n`
