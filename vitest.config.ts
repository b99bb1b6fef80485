import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.ts"

// By default one core of the machine is left free, which on two cores is half of them.
export default defineConfig({ test: { projects, maxWorkers: "100%", minWorkers: 1 } })
