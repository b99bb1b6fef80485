/** The commits of a policy in its git repository: what `--since` compares. */
import * as AccessChanges from "@checkpoint-permissions/access/AccessChanges"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { wrongUse } from "../command/failure.ts"
import { isPolicyFile, kindOf, pathsOf } from "../input/document.ts"
import { git, runGit } from "./git.ts"

/** A path of a policy as it was given, and as git names it. */
interface Root {
  readonly given: string
  readonly path: string
}

interface File {
  readonly blob: string
  readonly mode: string
}

/** The files of a commit by path. */
type Tree = ReadonlyMap<string, File>

/** A commit of the first-parent history. `before` has the files that it changed, as they were before it. */
interface Logged {
  readonly commit: AccessChanges.Commit
  readonly parent: string | undefined
  readonly before: ReadonlyArray<readonly [path: string, file: File | undefined]>
}

const text = (output: Uint8Array): string => new TextDecoder().decode(output)

/** Finds the repository of a path. The path itself may be missing, as in a sparse checkout. */
const locate = Effect.fnUntraced(function* (given: string) {
  const fs = yield* FileSystem.FileSystem
  const { dirname, relative, resolve, sep } = yield* Path.Path
  if (given === "-") return yield* wrongUse("--since reads the policy from git: name its files")
  if (yield* Effect.isSuccess(fs.readLink(given))) {
    return yield* wrongUse(`${printable(given)} is a symbolic link: name the file or the folder itself`)
  }
  const exists = (path: string) => Effect.orElseSucceed(fs.exists(path), () => false)
  const path = resolve(given)
  let folder = dirname(path)
  while (!(yield* exists(folder)) && folder !== dirname(folder)) folder = dirname(folder)
  const found = text(yield* git(folder, ["rev-parse", "--show-toplevel", "--show-prefix"]))
  const [top = "", prefix = ""] = found.split("\n")
  const parts = [...prefix.split("/"), ...relative(folder, path).split(sep)].filter((part) => part !== "")
  return { top, root: { given: given.replace(/\/+$/, ""), path: parts.join("/") } }
})

/** Returns the policy files of a tree, in the order in which a command reads them from a folder. */
const filesOf = (tree: Tree, roots: ReadonlyArray<Root>) =>
  roots.flatMap(({ given, path }) => {
    const own = tree.get(path)
    if (own !== undefined) return [{ name: given, isNamed: true, ...own }]
    const start = path === "" ? "" : `${path}/`
    const names = [...tree.keys()].flatMap((file) => (file.startsWith(start) ? [file.slice(start.length)] : []))
    return names
      .filter(isPolicyFile)
      .sort()
      .flatMap((name) => {
        const file = tree.get(`${start}${name}`)
        return file === undefined ? [] : [{ name: `${given}/${name}`, isNamed: false, ...file }]
      })
  })

const isOfPolicy = (path: string, roots: ReadonlyArray<Root>): boolean =>
  filesOf(new Map([[path, { blob: "", mode: "" }]]), roots).length > 0

/** The fields of a commit in the output of `git log -z`, which the parser below reads. */
const format = "--format=%x00%H %P%x00%ct%x00%s"

/** Reads the output of `git log --raw -z`, newest commit first. */
const parseLog = (output: string): ReadonlyArray<Logged> => {
  const tokens = output.split("\0")
  const commits: Array<Logged> = []
  for (let at = 1; at + 2 < tokens.length; at += 1) {
    const [ids = "", seconds, subject = ""] = tokens.slice(at, at + 3)
    const [id = "", parent] = ids.split(" ")
    const before: Array<Logged["before"][number]> = []
    for (at += 3; /^\n?:/.test(tokens[at] ?? ""); at += 2) {
      const [mode = "", , blob = ""] = (tokens[at] ?? "").trim().slice(1).split(" ")
      before.push([tokens[at + 1] ?? "", mode === "000000" ? undefined : { blob, mode }])
    }
    commits.push({
      commit: { id, at: DateTime.unsafeMake(Number(seconds) * 1000), subject },
      parent: parent || undefined,
      before
    })
  }
  return commits
}

/** Returns the texts of blobs. */
const readBlobs = Effect.fnUntraced(function* (top: string, blobs: ReadonlySet<string>) {
  const texts = new Map<string, string>()
  if (blobs.size === 0) return texts
  let rest: Uint8Array = yield* git(top, ["cat-file", "--batch"], [...blobs].map((blob) => `${blob}\n`).join(""))
  for (const blob of blobs) {
    const end = rest.indexOf(10)
    const size = Number(text(rest.subarray(0, end)).split(" ")[2])
    if (!Number.isInteger(size)) return yield* wrongUse(`git: the object ${blob} is missing: fetch it`)
    texts.set(blob, text(rest.subarray(end + 1, end + 1 + size)))
    rest = rest.subarray(end + 2 + size)
  }
  return texts
})

/** Fails if a policy file of the working tree differs from HEAD, by git's own comparison. */
const checkUnchanged = Effect.fnUntraced(function* (top: string, roots: ReadonlyArray<Root>) {
  const paths = roots.map(({ path }) => path || ".")
  const status = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching"]
  const entries = text(yield* git(top, [...status, "--", ...paths])).split("\0")
  const [changed] = entries.map((entry) => entry.slice(3)).filter((path) => isOfPolicy(path, roots))
  if (changed !== undefined) {
    return yield* wrongUse(`${printable(changed)} differs from HEAD: commit it, since --since applies commits`)
  }
})

/** Returns the id of a commit. A full or short id that this clone does not have is none; any other name is an error. */
const idOf = Effect.fnUntraced(function* (top: string, name: string) {
  const { code, output } = yield* runGit(top, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${name}^{commit}`
  ])
  if (code === 0) return text(output).trim()
  if (/^[0-9a-f]{7,64}$/.test(name)) return undefined
  return yield* wrongUse(`--since ${printable(name)}: not a commit of this repository`)
})

/** The commits of a policy, its sources at HEAD, and the reason why there is no base. */
export interface Commits {
  readonly changes: AccessChanges.AccessChanges
  readonly sources: ReadonlyArray<AccessPolicy.Source>
  readonly noBase?: string
}

/**
 * Reads the commits of a policy on the first-parent history after `since`, from the objects of its git repository. Fails
 * if the policy at HEAD is missing or invalid, or if its files differ from HEAD.
 */
export const readCommits = Effect.fnUntraced(function* (given: ReadonlyArray<string>, since: string) {
  const located = yield* Effect.forEach(yield* pathsOf(given), locate)
  const roots = located.map(({ root }) => root)
  const [top, ...others] = new Set(located.map(({ top }) => top))
  if (top === undefined) return yield* wrongUse("no policy: pass --file <policy>")
  if (others.length > 0) return yield* wrongUse("--since: the policy files are in several git repositories")
  yield* checkUnchanged(top, roots)
  const id = yield* idOf(top, since)
  const log = ["log", "--first-parent", "-m", "--raw", "-z", "--no-renames", "--no-abbrev", "--encoding=UTF-8", format]
  const [head] = parseLog(text(yield* git(top, ["log", "-1", "-z", "--encoding=UTF-8", format, "HEAD"])))
  if (head === undefined) return yield* wrongUse("--since: the repository has no commit")
  const range = id === undefined ? [] : parseLog(text(yield* git(top, [...log, `${id}..HEAD`])))
  // the files of HEAD, and those of each earlier commit by undoing the changes of the next one
  const listed = text(
    yield* git(top, ["ls-tree", "-r", "-z", "--full-tree", "HEAD", "--", ...roots.map(({ path }) => path || ".")])
  )
  let tree: Tree = new Map(
    listed.split("\0").flatMap((line) => {
      const [, mode = "", blob = "", path = ""] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? []
      return path === "" ? [] : [[path, { blob, mode }] as const]
    })
  )
  const atHead = filesOf(tree, roots)
  const [link] = atHead.filter(({ mode }) => mode === "120000")
  if (link !== undefined) return yield* wrongUse(`${printable(link.name)} is a symbolic link: name the file itself`)
  if (atHead.length === 0)
    return yield* wrongUse(`no policy at HEAD in ${roots.map(({ given }) => printable(given)).join(", ")}`)
  const steps: Array<{ readonly commit: AccessChanges.Commit; readonly files: typeof atHead }> = []
  for (const { before, commit } of range) {
    const relevant = before.filter(([path]) => isOfPolicy(path, roots))
    if (relevant.length === 0) continue
    steps.unshift({ commit, files: filesOf(tree, roots) })
    const former = new Map(tree)
    for (const [path, file] of relevant) {
      if (file === undefined) former.delete(path)
      else former.set(path, file)
    }
    tree = former
  }
  const atBase = filesOf(tree, roots)
  const isReached = id !== undefined && (id === head.commit.id || range.at(-1)?.parent === id)
  const texts = yield* readBlobs(
    top,
    new Set(
      [...steps, { files: atHead }, { files: isReached ? atBase : [] }].flatMap(({ files }) =>
        files.map(({ blob }) => blob)
      )
    )
  )
  const sourcesOf = (files: typeof atHead) =>
    files.flatMap(({ blob, isNamed, mode, name }): ReadonlyArray<AccessPolicy.Source> => {
      const text = texts.get(blob) ?? ""
      const isOther = !isNamed && (kindOf(text) ?? "policy") !== "policy"
      return isOther || mode === "120000" ? [] : [{ text, file: name }]
    })
  const policyOf = (files: typeof atHead) => {
    const sources = sourcesOf(files)
    return isNonEmptyReadonlyArray(sources)
      ? Effect.orElseSucceed(AccessPolicy.merge(sources), () => undefined)
      : Effect.succeed(undefined)
  }
  const sources = sourcesOf(atHead)
  if (!isNonEmptyReadonlyArray(sources)) return yield* wrongUse("no policy at HEAD")
  const policy = yield* AccessPolicy.merge(sources)
  const commits = yield* Effect.forEach(isReached ? steps : [], ({ commit, files }) =>
    Effect.map(policyOf(files), (policy): AccessChanges.PolicyCommit => ({ ...commit, policy }))
  )
  const base = isReached ? yield* policyOf(atBase) : undefined
  const [first] = isReached ? parseLog(text(yield* git(top, ["log", "-1", "-z", "--encoding=UTF-8", format, id]))) : []
  const changes = yield* AccessChanges.make({
    head: head.commit,
    policy,
    commits,
    base: first && { ...first.commit, policy: base }
  })
  const noBase =
    id === undefined
      ? `the commit ${printable(since)} is not in this clone`
      : !isReached
        ? `${printable(since)} is not on the first-parent history of HEAD, or the clone is shallow`
        : base === undefined
          ? `there is no valid policy at ${printable(since)}`
          : undefined
  return { changes, sources, ...(noBase === undefined ? {} : { noBase }) }
})
