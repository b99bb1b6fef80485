/** The record of the access that the workflow of the run applied, as an artifact of its runs. */
import * as AppliedAccess from "@checkpoint-permissions/access/AppliedAccess"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Inputs } from "./inputs.ts"
import * as repository from "./repository.ts"

const writers: ReadonlySet<string> = new Set(["push", "schedule", "workflow_dispatch"])

/** Reads the newest record, with the commits since the last applied one. Fails if it cannot be used. */
const newest = (name: string, { branch, tip }: { readonly branch: string; readonly tip: string }) =>
  Effect.gen(function* () {
    const own = yield* repository.workflow
    const found = yield* repository.newestArtifact(
      { name, file: "applied.json" },
      (run) => run.path.replace(/@.*$/, "") === own && writers.has(run.event) && run.head_branch === branch
    )
    if (found === undefined) {
      const other = yield* repository.artifactLike("access-applied-", branch)
      if (other === undefined) return undefined
      const message = `there is none of this workflow file, api-url and organization. The newest other one is ${other.name} of run ${other.workflow_run?.id}.`
      return yield* new repository.Unusable({ message })
    }
    const record = yield* AppliedAccess.fromJson(found.text)
    const sha = found.run.head_sha
    const since = yield* repository.commitsSince(sha, tip)
    const isOfTip = since !== undefined && repository.tipsIn(since, tip).has(sha)
    const range = isOfTip ? yield* repository.commitsSince(record.commit ?? sha, tip) : undefined
    if (range !== undefined) return { record, range }
    const message = `the newest one is of commit ${sha}, to which first parents do not lead from ${tip}: a force push, or a push of a merge.`
    return yield* new repository.Unusable({ message })
  })

/**
 * Writes the newest record of the workflow on this branch into the folder of the run. Returns the name of its artifact,
 * its path and text, and the commits since the last applied one. Without a record, every entry is compared, and the
 * commits are those of the tip. A record whose commit was not a tip of the branch counts as lost, and so does an older one.
 */
export const takeRecord = (inputs: Inputs, at: { readonly branch: string; readonly tip: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = (yield* Path.Path).join(inputs.folder, "applied.json")
    const name = repository.nameOf("applied", at.branch, inputs)
    const notes: Array<string> = []
    const lost = ({ message }: Error) => Effect.sync(() => void notes.push(message))
    const found = yield* Effect.catchTags(newest(name, at), { Unusable: lost, PlanRefused: lost })
    yield* fs.remove(path, { force: true })
    const text = found === undefined ? "" : AppliedAccess.toJson(found.record)
    if (text !== "") yield* fs.writeFileString(path, text)
    const range = found?.range ?? (yield* repository.commitsOf(at.tip))
    return { name, path, text, range, notes }
  })

/** Adds the commit of the applied policies to the record, if an apply wrote it. A refused one has taken no plan into it. */
export const addCommit = ({ path, text }: { readonly path: string; readonly text: string }, commit: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const now = (yield* fs.exists(path)) ? yield* fs.readFileString(path) : ""
    if (now === text) return
    yield* fs.writeFileString(path, AppliedAccess.toJson({ ...(yield* AppliedAccess.fromJson(now)), commit }))
  })
