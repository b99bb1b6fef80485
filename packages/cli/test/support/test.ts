export * from "../../../core/test/effects.ts"
