/** Commits in memory: parents, files by line, and the three ways to merge. */

export interface Commit {
  readonly sha: string
  readonly parents: ReadonlyArray<string>
  readonly files: Readonly<Record<string, string>>
}

const linesOf = (text = ""): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** Merges lines. Those of `theirs` that are new come last. */
const mergedText = (base: string | undefined, ours: string | undefined, theirs: string | undefined): string => {
  const [before, after] = [new Set(linesOf(base)), new Set(linesOf(theirs))]
  const kept = linesOf(ours).filter((line) => after.has(line) || !before.has(line))
  const added = [...after].filter((line) => !before.has(line) && !kept.includes(line))
  return [...kept, ...added].map((line) => `${line}\n`).join("")
}

export const makeGit = () => {
  const commits = new Map<string, Commit>()
  const branches = new Map<string, string>()
  const at = (sha: string): Commit => {
    const found = commits.get(sha)
    if (found === undefined) throw new Error(`there is no commit ${sha}`)
    return found
  }
  /** The commits of a history, newest first. */
  const history = (head: string): ReadonlyArray<string> => {
    const found = new Set<string>()
    const next = [head]
    for (let sha = next.pop(); sha !== undefined; sha = next.pop()) {
      if (found.has(sha)) continue
      found.add(sha)
      next.push(...at(sha).parents)
    }
    return [...found].sort().reverse()
  }
  /** The commits of `head` that are not in the history of `base`. */
  const between = (base: string, head: string): ReadonlyArray<string> => {
    const old = new Set(history(base))
    return history(head).filter((sha) => !old.has(sha))
  }
  const files = ({ parents, files }: Omit<Commit, "sha">) => {
    // numbered, so that a later commit is a greater one
    const sha = String(commits.size + 1).padStart(40, "0")
    commits.set(sha, { sha, parents, files })
    return sha
  }
  return {
    commit: (parents: ReadonlyArray<string>, texts: Commit["files"]) => files({ parents, files: texts }),
    at,
    has: (sha: string) => commits.has(sha),
    history,
    between,
    relation: (base: string, head: string): "ahead" | "behind" | "diverged" | "identical" => {
      if (base === head) return "identical"
      if (between(base, head).length === 0) return "behind"
      return between(head, base).length === 0 ? "ahead" : "diverged"
    },
    /** Commits by branch. */
    branches: {
      get: (branch: string) => branches.get(branch),
      set: (branch: string, sha: string) => void branches.set(branch, sha)
    },
    /** The files of a merge: the lines that `theirs` added and took away since `given`, by default the common ancestor. */
    merged: (ours: string, theirs: string, given?: string): Commit["files"] | undefined => {
      const inOurs = new Set(history(ours))
      const base = given ?? history(theirs).find((sha) => inOurs.has(sha))
      const before = base === undefined ? {} : at(base).files
      const names = new Set([...Object.keys(at(ours).files), ...Object.keys(at(theirs).files)])
      return Object.fromEntries(
        [...names].map((name) => [name, mergedText(before[name], at(ours).files[name], at(theirs).files[name])])
      )
    }
  }
}

export type Git = ReturnType<typeof makeGit>
