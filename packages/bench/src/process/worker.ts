/** A contender in a process of its own: runs the jobs it is sent, one by one, and says what each took. */
import type { Contender } from "../contenders/contender.ts"
import type { ContenderName } from "./job.ts"
import { serve } from "./serve.ts"

const load: Record<ContenderName, () => Promise<{ readonly make: (baseUrl: string) => Contender }>> = {
  ours: () => import("../contenders/ours.ts"),
  openai: () => import("../contenders/openai.ts"),
  aiOpenai: () => import("../contenders/aiOpenai.ts"),
  bare: () => import("../contenders/bare.ts"),
  floor: () => import("../contenders/floor.ts")
}

const isContender = (name: string): name is ContenderName => name in load

const [, , name = "", baseUrl = ""] = process.argv
if (!isContender(name)) throw new Error(`no contender ${name}`)
const contender = (await load[name]()).make(baseUrl)

serve(contender)
