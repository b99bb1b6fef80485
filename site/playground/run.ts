import { emulator } from "@checkpoint-permissions/fake"
import { messages } from "@checkpoint-permissions/protocol"
import { Failed, type Manner, open, type Sent } from "./session.ts"
import { seed, type Task, tasks } from "./tasks.ts"

export const presets = ["none", ...Object.keys(emulator.presets)]
export const quotas = ["preset", "none", "10", "60"] as const

export interface Choice {
  readonly task: Task
  readonly preset: string
  /** Requests a minute, of each of list, create and delete; `preset` leaves what the preset says. */
  readonly quota: (typeof quotas)[number]
  readonly manner: Manner
}

export interface Outcome {
  readonly sent: ReadonlyArray<Sent>
  readonly text: string
  readonly isDone: boolean
}

const isPreset = (name: string): name is keyof typeof emulator.presets => Object.hasOwn(emulator.presets, name)

/** Runs the task on a server of its own. The same choice always comes to the same. */
export const run = async ({ manner, preset, quota, task }: Choice): Promise<Outcome> => {
  const options = isPreset(preset) ? emulator.ofPreset(preset) : {}
  const session = open(
    {
      ...options,
      randomSeed: 1,
      seed,
      behavior: {
        latency: 200,
        ...options.behavior,
        // The key of the playground stands for any.
        keys: "any",
        ...(quota === "preset"
          ? {}
          : { rate: quota === "none" ? "unlimited" : { requests: Number(quota), per: 60_000, headers: "none" } })
      }
    },
    manner
  )
  try {
    return { text: await tasks[task].run(session), isDone: true, sent: session.sent }
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    return { text: messages.message(error.failure), isDone: false, sent: session.sent }
  }
}
