/** The diagnostics of a policy as JSON, for programs that annotate its lines. */
import type { Diagnostic, InvalidPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"

export const diagnosticsJson = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  `${visibleJson(JSON.stringify({ diagnostics }, null, 2))}\n`

/** Prints the diagnostics of an invalid policy as JSON on standard output, and fails with the policy's error. */
export const withDiagnostics = <A, R>(self: Effect.Effect<A, InvalidPolicy, R>) =>
  Effect.tapError(self, ({ diagnostics }) => Screen.print(diagnosticsJson(diagnostics)))
