/** A bare repository of Git in a folder. */
// cspell:ignore deleteall
import { execFileSync } from "node:child_process"

export interface Commit {
  readonly sha: string
  readonly parents: ReadonlyArray<string>
  readonly files: Readonly<Record<string, string>>
}

const author = { name: "Octocat", email: "octocat@example.com" }

/** Git without the settings of the user and of the machine. */
const env = {
  ...process.env,
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0"
}

/** Returns a function that asks once for each list of objects, which never change. */
const once = <A extends ReadonlyArray<string | undefined>, B>(ask: (...of: A) => B) => {
  const known = new Map<string, B>()
  return (...of: A): B => {
    const key = of.join(" ")
    const found = known.get(key) ?? ask(...of)
    known.set(key, found)
    return found
  }
}

/** Makes a repository. `now` returns the time of a commit, in Unix milliseconds. */
export const bare = (path: string, now: () => number) => {
  const git = (args: ReadonlyArray<string>, input = "") =>
    execFileSync("git", ["--git-dir", path, ...args], { env, input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] })
  /** Returns standard output; nothing if Git refuses. */
  const asked = (args: ReadonlyArray<string>): string | undefined => {
    try {
      return git(args)
    } catch (error) {
      if (error instanceof Error && "status" in error && error.status !== 0) return undefined
      throw error
    }
  }
  const linesOf = (text = ""): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")
  git(["init", "--quiet", "--bare", "--initial-branch", "main"])
  let made = 0
  // only this program moves branches
  const tips = new Map<string, string>()
  const blobs = new Map<string, string>()

  /** Reads the files of a tree. Each blob is read once. */
  const filesOf = (tree: string): Commit["files"] => {
    const entries = git(["ls-tree", "-r", "-z", tree])
      .split("\0")
      .filter(Boolean)
      .map((entry) => {
        const [, blob = "", name = ""] = /^\S+ \S+ (\S+)\t(.*)$/s.exec(entry) ?? []
        return { blob, name }
      })
    for (const { blob } of entries) if (!blobs.has(blob)) blobs.set(blob, git(["cat-file", "blob", blob]))
    return Object.fromEntries(entries.map(({ blob, name }) => [name, blobs.get(blob) ?? ""]))
  }

  const at = once((sha: string): Commit => {
    const [, ...parents] = git(["rev-list", "--parents", "--max-count=1", sha]).trim().split(" ")
    return { sha, parents, files: filesOf(sha) }
  })
  const between = once(
    (base: string, head: string): ReadonlyArray<string> =>
      linesOf(git(["rev-list", "--date-order", `${base}..${head}`]))
  )

  return {
    path,
    commit: (parents: ReadonlyArray<string>, files: Commit["files"]): string => {
      made += 1
      const [first, ...others] = parents
      const stream = [
        // a reference of its own keeps a commit that no branch has
        `commit refs/made/${made}`,
        "mark :1",
        `committer ${author.name} <${author.email}> ${Math.floor(now() / 1000)} +0000`,
        `data <<END\nCommit ${made}\nEND`,
        ...(first === undefined ? [] : [`from ${first}`]),
        ...others.map((parent) => `merge ${parent}`),
        "deleteall",
        ...Object.entries(files).flatMap(([name, text]) => [
          `M 100644 inline ${name}`,
          `data ${Buffer.byteLength(text)}`,
          text
        ]),
        "get-mark :1",
        "done",
        ""
      ]
      return git(["fast-import", "--quiet", "--done"], stream.join("\n")).trim()
    },
    at,
    has: once((sha: string) => asked(["rev-parse", "--quiet", "--verify", `${sha}^{commit}`]) !== undefined),
    history: once((head: string) => linesOf(git(["rev-list", "--date-order", head]))),
    between,
    merged: once((ours: string, theirs: string, given?: string) => {
      const base = given === undefined ? [] : [`--merge-base=${given}`]
      const tree = asked(["merge-tree", "--write-tree", ...base, ours, theirs])
      return tree === undefined ? undefined : filesOf(linesOf(tree)[0] ?? "")
    }),
    branches: {
      get: (branch: string) => tips.get(branch),
      set: (branch: string, sha: string) => {
        git(["update-ref", `refs/heads/${branch}`, sha])
        tips.set(branch, sha)
      }
    }
  }
}

export type Git = ReturnType<typeof bare>
