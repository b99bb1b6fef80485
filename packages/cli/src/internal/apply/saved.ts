/**
 * What an apply leaves on the disk so that the same command does only the rest:
 * how far it came, and, where it made the plan itself, the plan.
 */
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessProgress from "@checkpoint-permissions/access/AccessProgress"
import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Failure } from "../failure.ts"
import * as output from "../output/file.ts"

/** The folder where they are unless `--progress` says otherwise. */
export const folder = ".checkpoint-permissions"

export interface Files {
  readonly progress: string
  readonly plan: string
}

/** How long a plan is good for, as `Access.apply` has it by itself. */
const freshness = Duration.days(1)

const slug = (text: string): string =>
  text
    .replace(/^https?:\/\//, "")
    .replace(/[^A-Za-z0-9.]+/g, "-")
    .slice(0, 48)

/** The same names each time for the same server and the same policy, or plan. */
export const filesOf = (
  progress: Option.Option<string>,
  server: Server,
  digest: string
): Effect.Effect<Files, never, Path.Path> =>
  Effect.map(Path.Path, (path) => {
    const name = [slug(server.apiUrl), slug(server.organization ?? ""), digest.replace(/^sha256:/, "").slice(0, 16)]
    const at = Option.getOrElse(progress, () =>
      path.join(folder, `${name.filter((part) => part !== "").join("-")}.progress.json`)
    )
    return { progress: at, plan: `${at.replace(/(\.progress)?\.json$/, "")}.plan.json` }
  })

/** Makes the folder, which keeps itself out of version control. */
const prepared = Effect.fnUntraced(function* (files: Files) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (path.dirname(files.progress) !== folder) return
  yield* Effect.ignore(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }))
  const ignore = path.join(folder, ".gitignore")
  if (!(yield* Effect.orElseSucceed(fs.exists(ignore), () => true))) {
    yield* Effect.ignore(output.write({ what: "file", path: ignore, force: false }, "*\n"))
  }
})

/** Everything about a file of ours: it is written over as it continues. */
const target = (what: string, path: string): output.Target => ({ what, path, force: true })

const text = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.option(fs.readFileString(path)))

/** The progress in a file; a file that is none is refused, and not written over. */
export const progressIn = (
  files: Files
): Effect.Effect<Option.Option<AccessProgress.AccessProgress>, AccessPlan.PlanRefused, FileSystem.FileSystem> =>
  Effect.flatMap(text(files.progress), (found) => Effect.transposeMapOption(found, AccessProgress.fromJson))

export interface Resumable {
  readonly plan: AccessPlan.AccessPlan
  readonly progress: AccessProgress.AccessProgress
}

/** An apply of the same policy to the same server that was cut short, if there is one and it is not too old. */
export const resumable = Effect.fnUntraced(function* (files: Files, server: Server, policyDigest: string) {
  const progress = yield* progressIn(files)
  const saved = yield* text(files.plan)
  if (Option.isNone(progress) || Option.isNone(saved)) return Option.none<Resumable>()
  const plan = yield* Effect.option(AccessPlan.fromJson(saved.value))
  if (Option.isNone(plan)) return Option.none<Resumable>()
  const { apiUrl, createdAt, organization, policyDigest: digest } = plan.value
  const age = DateTime.distanceDuration(createdAt, yield* DateTime.now)
  const fits =
    digest === policyDigest &&
    apiUrl === server.apiUrl &&
    organization === server.organization &&
    Duration.lessThan(age, freshness) &&
    progress.value.plan === (yield* AccessPlan.sha256Of(plan.value))
  return fits ? Option.some<Resumable>({ plan: plan.value, progress: progress.value }) : Option.none<Resumable>()
})

/** Before the first write: the plan, if it is nowhere else, and that nothing is done yet. */
export const begin = (
  files: Files,
  plan: AccessPlan.AccessPlan | undefined,
  progress: AccessProgress.AccessProgress
): Effect.Effect<void, Failure, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    yield* prepared(files)
    if (plan !== undefined) yield* output.write(target("saved plan", files.plan), yield* AccessPlan.toJson(plan))
    yield* save(files, progress)
  })

export const save = (
  files: Files,
  progress: AccessProgress.AccessProgress
): Effect.Effect<void, Failure, FileSystem.FileSystem | Path.Path> =>
  output.write(target("progress file", files.progress), AccessProgress.toJson(progress))

/** There is nothing left to resume. */
export const forget = (files: Files): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.forEach([files.progress, files.plan], (path) => Effect.ignore(fs.remove(path)), { discard: true })
  )
