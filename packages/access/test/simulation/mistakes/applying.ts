/** Mistakes of apply: what is done of a plan, what is said of it, and what is written down. */
import { within } from "./mistake.ts"

const apply = within("access/src/internal/apply/apply.ts")
const checkpoint = within("access/src/internal/apply/checkpoint.ts")
const reconcile = within("access/src/internal/apply/reconcile.ts")
const verify = within("access/src/internal/apply/verify.ts")
const writes = within("access/src/internal/apply/journaledWrites.ts")
const refusal = within("access/src/internal/apply/refusal.ts")
const journal = within("access/src/internal/journal/file.ts")

export const applying = [
  apply(
    "a loaded plan is treated as a fresh one",
    "reading: readingOf(checkpoint)\n",
    `reading: readingOf(checkpoint) ?? {
        permissions: checkpointPlan.found,
        pages: {
          projects: checkpointPlan.found.reduce(
            (all, one) => all.set(one.project_id, [...(all.get(one.project_id) ?? []), one]),
            new Map()
          ),
          pages: new Map(checkpointPlan.found.map(({ id }) => [id, 0]))
        },
        readAt: checkpointPlan.readAt
      }\n`,
    0
  ),
  apply(
    "an unchanged checkpoint of a loaded plan is not read",
    " && readingOf(checkpoint) !== undefined",
    "",
    0
  ),
  apply("every checkpoint is treated as `exact`", 'modes.get(checkpoint) ?? "exact"', '"exact"', 0),
  apply("every checkpoint is treated as `at-least`", 'modes.get(checkpoint) ?? "exact"', '"at-least"', 0),
  apply(
    "a checkpoint that is locked by somebody else counts as finished",
    "checkpoint: context.checkpoint, complete: false",
    "checkpoint: context.checkpoint, complete: true",
    0
  ),
  checkpoint("what the plan does not show is no drift", "if (before.differences.length > 0) {", "if (false) {", 0),
  checkpoint(
    "a write that failed leaves the checkpoint complete",
    'complete = false\n    yield* emit({\n      _tag: "Failed"',
    'yield* emit({\n      _tag: "Failed"',
    0
  ),
  checkpoint(
    "drift leaves the checkpoint complete",
    'complete = false\n    yield* emit({ _tag: "Drifted"',
    'yield* emit({ _tag: "Drifted"',
    0
  ),
  checkpoint(
    "what is not listed yet leaves the checkpoint complete",
    'complete = false\n      yield* emit({ _tag: "Unlisted"',
    'yield* emit({ _tag: "Unlisted"',
    0
  ),
  checkpoint("revokes follow a grant that was refused", "return ensured.refused.size === 0", "return true", 0),
  checkpoint(
    "revokes follow a grant that failed",
    "if (ensured === undefined) return false",
    "if (ensured === undefined) return true",
    0
  ),
  checkpoint(
    "a project that is left without any by its doubles is let be",
    "return yield* grant(doubles.none)",
    "return true",
    0
  ),
  checkpoint(
    "what was granted is not granted, but already there",
    "for (const project of before.granted) {",
    "for (const project of plan.grants) {",
    0
  ),
  checkpoint(
    "deletes what the plan shows, whether or not it is wanted now",
    "before.unwanted.filter(({ id }) => listed.has(id))",
    "plan.revokes.map(({ permission }) => permission)",
    0
  ),
  reconcile("a second new permission of one project stays", "plan.grants.includes(project_id) ||", "", 0),
  reconcile("any double is deleted, shown or not", "plan.grants.includes(project_id) ||", "true ||", 0),
  reconcile("a new permission of somebody else's is overlooked", "...added.map(", "...[].map(", 0),
  reconcile("a permission that is gone is overlooked", "...vanished.map(", "...[].map(", 0),
  reconcile("what is there already is granted", "!projects.has(project)),\n    granted", "true),\n    granted", 0),
  verify("a double that stays is overlooked", 'mode === "at-least"\n    ? []', "true\n    ? []", 0),
  verify("a project that lost its permission is overlooked", "...missing.map(", "...[].map(", 0),
  verify("a permission that somebody added is overlooked", '...(mode === "exact" ? extra', "...(false ? extra", 0),
  writes(
    "a grant that was only read is not in the journal",
    'write("grant", "found",',
    'write("grant", "found", [] ??',
    0
  ),
  writes("a grant has no intent", 'yield* write("grant", "intent", intents)', "", 0),
  writes("a revoke has no intent", 'yield* write("revoke", "intent", [{ ...line, request: null }])', "", 0),
  writes("a grant has no result", 'yield* write("grant", "result", results)', "", 0),
  writes(
    "a revoke has two results",
    'yield* write("revoke", "result", [{ ...result, ...line, request }])',
    'yield* write("revoke", "result", [{ ...result, ...line, request }, { ...result, ...line, request }])',
    0
  ),
  writes(
    "what somebody else revoked is claimed",
    "confirmGone(service, checkpoint, permission, error).pipe(Effect.as(false)",
    "confirmGone(service, checkpoint, permission, error).pipe(Effect.as(true)",
    0
  ),
  writes(
    "a grant is claimed whatever the reply names",
    'if (permission !== undefined) {\n            yield* emit({\n              _tag: "Granted",\n              checkpoint,\n              project_id: project,\n              permission: permission.id,',
    '{\n            yield* emit({\n              _tag: "Granted",\n              checkpoint,\n              project_id: project,\n              permission: permission?.id ?? "cp_none",',
    0
  ),
  writes(
    "a create may be interrupted before its result is written down",
    'const create: Writes<JournalFailed>["create"] = (projects) =>\n    finishInFlight(',
    'const create: Writes<JournalFailed>["create"] = (projects) =>\n    Effect.suspend(() => ',
    0
  ),
  writes(
    "a delete may be interrupted before its result is written down",
    "const deleteIn = (permission: Found, isInterruptible: boolean) =>\n    finishInFlight(",
    "const deleteIn = (permission: Found, isInterruptible: boolean) =>\n    Effect.suspend(() => ",
    0
  ),
  refusal("an old plan is applied", "if (Duration.greaterThan(age, maxAge)) {", "if (false) {", 0),
  journal("a line is not brought to the disk for good", "Effect.zipRight(opened.sync),", "", 0),
  journal("the name of a new journal is not brought to the disk for good", "yield* syncFolder(fs, folder)", "", 0),
  journal(
    "a torn line of an earlier run touches the next",
    "let isTorn = !(yield* endsInALine(opened))",
    "let isTorn = false",
    0
  ),
  journal("a torn line touches the next", "const whole = isTorn ?", "const whole = false ?", 0),
  journal(
    "without a journal the apply goes on",
    'orFailed(path, append(entries.map(toLine).join("")))',
    'Effect.ignore(append(entries.map(toLine).join("")))',
    0
  ),
  journal("two fibers write to the journal at once", "turn.withPermits(1)", "(self) => self", 0)
]
