import { defineComponent, h, onMounted, ref } from "vue"

/** In place of the theme's, whose accessible name is not what it shows. */
export default defineComponent(() => {
  const key = ref("Ctrl K")
  onMounted(() => {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) key.value = "⌘ K"
  })
  return () =>
    h("button", { type: "button", class: "search-button" }, [
      h("span", { class: "vpi-search", "aria-hidden": "true" }),
      h("span", { class: "search-button-text" }, "Search"),
      h("kbd", { class: "search-button-key" }, key.value)
    ])
})
