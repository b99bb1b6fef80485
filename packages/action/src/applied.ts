/** The record of the access that the workflow of the run applied, as an artifact of its runs. */
import * as core from "@actions/core"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { type Inputs, WrongUse } from "./inputs.ts"
import { isInHistory, newestArtifact, recordName } from "./repository.ts"

const file = "applied.json"

/** The file name of the workflow of this run: `owner/repository/.github/workflows/<name>@<ref>`. */
const workflow = Config.string("GITHUB_WORKFLOW_REF").pipe(
  Config.map((ref) => ref.replace(/@.*$/, "").replace(/^.*\//, "")),
  Effect.mapError((error) => new WrongUse({ message: String(error) }))
)

/** Warns about a record that cannot be used. It counts as lost. */
const lost = ({ message }: { readonly message: string }) =>
  Effect.sync(() => core.warning(`The record cannot be used, so every entry is compared: ${message}`))

/** The events whose runs write a record. */
const writers: ReadonlySet<string> = new Set(["push", "schedule", "workflow_dispatch"])

/**
 * Writes the newest record of the workflow on this branch into the folder of the run. Returns the name of its artifact,
 * its path, and the last applied commit if the tip has it in its history. A record counts if the commit of its run is in
 * the history of the branch. Without one, every entry is compared.
 */
export const takeRecord = (inputs: Inputs, { branch, tip }: { readonly branch: string; readonly tip: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const own = yield* workflow
    const name = recordName(branch, inputs)
    const record = (yield* Path.Path).join(inputs.folder, file)
    yield* fs.makeDirectory(inputs.folder, { recursive: true })
    yield* fs.remove(record, { force: true })
    const found = yield* newestArtifact({ name, file }, ({ event, head_branch, head_sha, path }) =>
      path.replace(/@.*$/, "") === `.github/workflows/${own}` && writers.has(event) && head_branch === branch
        ? isInHistory(head_sha, tip)
        : Effect.succeed(false)
    ).pipe(
      Effect.flatMap((newest) => (newest === undefined ? Effect.void : AppliedAccess.fromJson(newest.text))),
      Effect.catchTags({ BrokenArtifact: lost, PlanRefused: lost })
    )
    if (found === undefined) return { name, record, since: undefined }
    const { commit } = found
    yield* fs.writeFileString(record, AppliedAccess.toJson(found))
    const isKnown = commit !== undefined && (yield* isInHistory(commit, tip))
    return { name, record, since: isKnown ? commit : undefined }
  })

/** Adds the commit of the applied policies to a record that an apply wrote. */
export const addCommit = (record: string, commit: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const applied = yield* AppliedAccess.fromJson(yield* fs.readFileString(record))
    yield* fs.writeFileString(record, AppliedAccess.toJson({ ...applied, commit }))
  })
