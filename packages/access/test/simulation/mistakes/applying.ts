/** Mistakes of apply: what is done of a plan, what is said of it, and what is written down. */
import { within } from "./mistake.ts"

const apply = within("access/src/internal/apply/apply.ts")
const checkpoint = within("access/src/internal/apply/checkpoint.ts")
const reconcile = within("access/src/internal/apply/reconcile.ts")
const verify = within("access/src/internal/apply/verify.ts")
const writes = within("access/src/internal/apply/journaledWrites.ts")
const journal = within("access/src/internal/journal/file.ts")

export const applying = [
  apply(
    "a loaded plan is treated as a fresh one",
    "reading: readingOf(checkpoint)\n",
    "reading: readingOf(checkpoint) ?? settling.readingOf([checkpointPlan.found], checkpointPlan.readAt.epochMillis)\n",
    112,
    [
      "import { checkPlan }",
      'import * as settling from "@checkpoint-permissions/protocol/settling"\nimport { checkPlan }'
    ]
  ),
  apply("an unchanged checkpoint of a loaded plan is not read", " && readingOf(checkpoint) !== undefined", "", 112),
  apply("every checkpoint is treated as `exact`", 'modes.get(checkpoint) ?? "exact"', '"exact"', 18),
  apply("every checkpoint is treated as `at-least`", 'modes.get(checkpoint) ?? "exact"', '"at-least"', 52),
  apply(
    "a checkpoint that another has locked counts as finished",
    "checkpoint: context.checkpoint, complete: false })",
    "checkpoint: context.checkpoint, complete: true })",
    7
  ),
  checkpoint(
    "what no listing shows yet counts as complete",
    'complete = false\n      yield* emit({ _tag: "Unlisted"',
    'yield* emit({ _tag: "Unlisted"',
    199
  ),
  checkpoint(
    "a delete that failed counts as done",
    '? failed("revoke", error, permission.project_id)',
    "? Effect.void",
    16
  ),
  checkpoint(
    "what the plan does not show is no drift",
    "if (yield* drifted(before.differences)) return yield* finish(first)",
    "",
    21
  ),
  checkpoint(
    "a write that failed leaves the checkpoint complete",
    'complete = false\n    yield* emit({\n      _tag: "Failed"',
    'yield* emit({\n      _tag: "Failed"',
    4
  ),
  checkpoint(
    "drift leaves the checkpoint complete",
    'complete = false\n    yield* emit({ _tag: "Drifted"',
    'yield* emit({ _tag: "Drifted"',
    21
  ),
  checkpoint(
    "revokes follow a grant that failed",
    "if (ensured === undefined) return false",
    "if (ensured === undefined) return true",
    4
  ),
  checkpoint(
    "a project that is left without any by its doubles is let be",
    "return yield* grant(doubles.none)",
    "return true",
    310
  ),
  checkpoint(
    "what was granted is not granted, but already there",
    "for (const project of before.granted) {",
    "for (const project of plan.grants) {",
    18
  ),
  checkpoint(
    "deletes what the plan shows, whether or not it is wanted now",
    "Effect.forEach(unwanted, deleteUnwanted",
    "Effect.forEach(plan.revokes.map(({ permission }) => permission), deleteUnwanted",
    338
  ),
  reconcile("a second new permission of one project stays", "plan.grants.includes(project_id) ||", "", 886),
  reconcile("any double is deleted, shown or not", "plan.grants.includes(project_id) ||", "true ||", 132),
  reconcile("a new permission of somebody else's is overlooked", "...added.map(", "...[].map(", 70),
  reconcile("what is there already is granted", "!projects.has(project)),\n    granted", "true),\n    granted", 3),
  verify("a double that stays is overlooked", 'mode === "at-least"\n    ? []', "true\n    ? []", 52),
  verify("a project that lost its permission is overlooked", "...missing.map(", "...[].map(", 57),
  verify("a permission that somebody added is overlooked", '...(mode === "exact" ? extra', "...(false ? extra", 67),
  writes(
    "a grant that was only read is not in the journal",
    'write("grant", "found",',
    'write("grant", "found", [] ??',
    37
  ),
  writes("a grant has no intent", 'yield* write("grant", "intent", intents)', "", 18),
  writes("a revoke has no intent", 'yield* write("revoke", "intent", [{ ...line, request: null }])', "", 58),
  writes("a grant has no result", 'yield* write("grant", "result", results)', "", 28),
  writes(
    "a revoke has two results",
    'yield* write("revoke", "result", [{ ...result, ...line, request }])',
    'yield* write("revoke", "result", [{ ...result, ...line, request }, { ...result, ...line, request }])',
    58
  ),
  writes(
    "what somebody else revoked is claimed",
    '? { permission: null, outcome: "gone", error: null }',
    '? { permission: null, outcome: "done", error: null }',
    33
  ),
  writes(
    "a grant is claimed whatever the reply names",
    'if (permission !== undefined) {\n            yield* emit({\n              _tag: "Granted",\n              checkpoint,\n              project_id: project,\n              permission: permission.id,',
    '{\n            yield* emit({\n              _tag: "Granted",\n              checkpoint,\n              project_id: project,\n              permission: permission?.id ?? "cp_none",',
    132
  ),
  writes(
    "a create may be interrupted before its result is written down",
    '["create"] = (projects) =>\n    Effect.uninterruptibleMask(',
    '["create"] = (projects) =>\n    Effect.interruptibleMask(',
    463
  ),
  writes(
    "a delete may be interrupted before its result is written down",
    '["delete"] = (permission) =>\n    Effect.uninterruptibleMask(',
    '["delete"] = (permission) =>\n    Effect.interruptibleMask(',
    96
  ),
  journal(
    "an apply goes on without its journal",
    'orFailed(path, append(entries.map(toLine).join("")))',
    'Effect.ignore(append(entries.map(toLine).join("")))',
    119
  ),
  journal("a torn line touches the next", "const whole = isTorn ?", "const whole = false ?", 183),
  journal("a line is not brought to the disk for good", "Effect.zipRight(opened.sync),", "", 18),
  journal("the name of a new journal is not brought to the disk for good", "yield* syncFolder(fs, folder)", "", 18)
]
