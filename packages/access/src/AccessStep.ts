/** The finished steps of an apply, in order, and their text. */
import "./internal/installEffect3.ts"

export { AccessStep } from "./internal/apply/step.ts"
export { toJson, toText } from "./internal/apply/text.ts"
