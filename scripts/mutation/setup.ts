import { configureGlobal, readConfigureGlobal } from "effect/FastCheck"
import { beforeEach } from "vitest"

// A property that fails says enough: its counterexample is not made smaller.
configureGlobal({ ...readConfigureGlobal(), endOnFailure: true })

// measurements say nothing about a mutant, since instrumented code is slow
beforeEach(({ skip, task }) => {
  if (task.suite?.name === "work for each request") skip()
})
