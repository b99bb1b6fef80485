/** The record of the access that the workflow of the run applied, as an artifact of its runs. */
import * as core from "@actions/core"
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { GitHub } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import { commitsSince, nameOf, newestArtifact, wasTip } from "./repository.ts"

/** Warns about a record that cannot be used. It counts as lost. */
const lost = ({ message }: { readonly message: string }) =>
  Effect.sync(() => {
    core.warning(`The record cannot be used, so every entry is compared: ${message}`)
    return undefined
  })

/** The events whose runs write a record. */
const writers: ReadonlySet<string> = new Set(["push", "schedule", "workflow_dispatch"])

/**
 * Writes the newest record of the workflow on this branch into the folder of the run. Returns the name of its artifact,
 * its path and text, and the commits since the last applied one. A record counts if the commit of its run was the tip of
 * the branch. Without one, every entry is compared.
 */
export const takeRecord = (inputs: Inputs, { branch, tip }: { readonly branch: string; readonly tip: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { repo } = yield* GitHub
    const own = yield* Config.string("GITHUB_WORKFLOW_REF")
    const name = nameOf("applied", branch, inputs)
    const path = (yield* Path.Path).join(inputs.folder, "applied.json")
    const found = yield* newestArtifact({ name, file: "applied.json", branch }, ({ event, head_sha, path }) => {
      const isOwn = own.startsWith(`${repo.owner}/${repo.repo}/${path.replace(/@.*$/, "")}@`)
      return isOwn && writers.has(event) ? wasTip(head_sha, tip) : Effect.succeed(false)
    }).pipe(
      Effect.flatMap((newest) =>
        newest === undefined ? Effect.succeed(undefined) : AppliedAccess.fromJson(newest.text)
      ),
      Effect.catchTags({ Unusable: lost, PlanRefused: lost })
    )
    yield* fs.remove(path, { force: true })
    const text = found === undefined ? "" : AppliedAccess.toJson(found)
    if (text !== "") yield* fs.writeFileString(path, text)
    const range = found?.commit === undefined ? undefined : yield* commitsSince(found.commit, tip)
    return { name, path, text, range }
  })

/** Adds the commit of the applied policies to the record, if an apply wrote it. A refused one has taken no plan into it. */
export const addCommit = ({ path, text }: { readonly path: string; readonly text: string }, commit: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const now = (yield* fs.exists(path)) ? yield* fs.readFileString(path) : ""
    if (now === text) return
    yield* fs.writeFileString(path, AppliedAccess.toJson({ ...(yield* AppliedAccess.fromJson(now)), commit }))
  })
