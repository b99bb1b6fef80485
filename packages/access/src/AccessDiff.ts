/**
 * The comparison of two audits: granted, revoked and unknown access. Pure functions of two matrices.
 *
 * @since 0.1.0
 */
export { AccessDiff, hasUnknown, IncomparableAudits, isEmpty, make, toJson } from "./internal/diff/compare.ts"
export { toMarkdown, toText } from "./internal/diff/render.ts"
