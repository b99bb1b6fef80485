/** The processes of a measurement, and what they answer. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { output } from "./build.ts"
import { key } from "./contenders/contender.ts"
import type { ContenderName, Job, Sample } from "./process/job.ts"

const start = (
  file: string,
  args: ReadonlyArray<string>,
  options: { readonly execPath?: string; readonly env?: NodeJS.ProcessEnv } = {}
): ChildProcess =>
  fork(file.endsWith(".mjs") ? file : `${output}/${file}.mjs`, [...args], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    ...options
  })

const message = async (child: ChildProcess): Promise<unknown> => {
  const answered = new AbortController()
  const ended = once(child, "exit", { signal: answered.signal }).then(([code]) => {
    throw new Error(`a process of the measurement ended with ${code}`)
  })
  try {
    const [answer]: Array<unknown> = await Promise.race([once(child, "message"), ended])
    return answer
  } finally {
    ended.catch(() => {})
    answered.abort()
  }
}

const isSample = (value: unknown): value is Sample =>
  typeof value === "object" && value !== null && "wall" in value && "cpu" in value

const sampleOf = async (child: ChildProcess): Promise<Sample> => {
  const answer = await message(child)
  if (!isSample(answer)) throw new Error("a process of the measurement answers nonsense")
  return answer
}

export interface Server {
  readonly url: string
  readonly close: () => void
}

/** The server with its pages. */
export const server = async (): Promise<Server> => {
  const child = start("server", [])
  const answer = await message(child)
  if (typeof answer !== "object" || answer === null || !("url" in answer)) throw new Error("the server did not start")
  return { url: String(answer.url), close: () => child.disconnect() }
}

export interface Worker {
  readonly run: (job: Job) => Promise<Sample>
  readonly close: () => void
}

/** A contender, by default on the Node that this is. */
export const worker = async (
  name: ContenderName,
  url: string,
  on?: { readonly file: string; readonly node: string }
): Promise<Worker> => {
  const child = on === undefined ? start("worker", [name, url]) : start(on.file, [name, url], { execPath: on.node })
  await message(child)
  return {
    run: (job) => {
      child.send(job)
      return sampleOf(child)
    },
    close: () => child.disconnect()
  }
}

/** Runs a bundled application in a fresh process, up to its first line of output. */
export const coldStart = (file: string, url: string): Promise<Sample> =>
  sampleOf(
    start("start", [file], {
      env: { ...process.env, OPENAI_ADMIN_KEY: key, OPENAI_API_KEY: key, OPENAI_BASE_URL: url }
    })
  )
