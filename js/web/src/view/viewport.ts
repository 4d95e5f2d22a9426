/** The part of the window that a keyboard on the screen leaves free: the page is as high as that. */

import { useEffect } from 'preact/hooks'

/** Less than any keyboard, more than the bars a browser slides in and out. */
const KEYBOARD_PX = 120

export function useViewport(): void {
  useEffect(() => {
    const view = visualViewport
    if (!view) return
    const root = document.documentElement
    const fit = () => {
      // Zooming in with two fingers makes the view smaller too, and must leave the page alone.
      const isCovered = view.scale <= 1.01 && innerHeight - view.height > KEYBOARD_PX
      if (isCovered) root.style.setProperty('--height', `${view.height}px`)
      else root.style.removeProperty('--height')
      root.toggleAttribute('data-keyboard', isCovered)
      // Safari scrolls the page to bring the field into view; there is nothing to scroll to.
      if (isCovered && view.offsetTop > 0) scrollTo(0, 0)
    }
    fit()
    view.addEventListener('resize', fit)
    view.addEventListener('scroll', fit)
    return () => {
      view.removeEventListener('resize', fit)
      view.removeEventListener('scroll', fit)
    }
  }, [])
}
