/* A table that scrolls by itself when the screen is narrower, also by keyboard. */
import type { ReactNode } from 'react';

export function Table({ title, heads, className, children }: { title: string; heads: ReactNode[]; className?: string; children: ReactNode }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={title}>
      <table className={`table ${className ?? ''}`.trim()}>
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th scope="col" key={at}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
