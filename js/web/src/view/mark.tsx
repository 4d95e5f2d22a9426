/** Rivulet's mark: water that finds its way. */

import address from '../mark.svg'

export function Mark({ size }: { size: number }) {
  return <img class="mark" src={address} width={size} height={size} alt="" />
}
