/* Our own line icons, one stroke weight, always beside words. */
const paths = {
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM20 20l-4.800-4.800',
  people: 'M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 19.500c.4-3.400 3-5.500 6.500-5.500s6.100 2.100 6.500 5.500M16 4.800a3.500 3.500 0 0 1 0 6.500M18 14.400c2 .7 3.300 2.500 3.500 5.100',
  print: 'M7 8V3.500h10V8M7 17H4.500a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1h15a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H17M7 14h10v6.500H7z',
  chevron: 'm7 10 5 5 5-5',
  alert: 'M12 8.500v5M12 17h.01M10.300 3.900 2.600 17.300A2 2 0 0 0 4.300 20.300h15.400a2 2 0 0 0 1.700-3L13.700 3.900a2 2 0 0 0-3.400 0Z',
  cloudOff: 'M3 3l18 18M8.500 6.200A6 6 0 0 1 17.500 10h.5a4 4 0 0 1 2.600 7M16 18H7a4.500 4.500 0 0 1-1-8.900',
  lock: 'M6 10.500h12v9.500H6zM8.500 10.500V8a3.500 3.500 0 0 1 7 0v2.500M12 14.500v2',
  document: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  calendar: 'M4 6h16v14H4zM4 10.500h16M8.500 3.500v4M15.500 3.500v4',
  contact: 'M5 3.500v5a4.500 4.500 0 0 0 9 0v-5M3.500 3.500h3M12.500 3.500h3M9.500 13v2a5 5 0 0 0 10 0v-1.500M19.500 13.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  act: 'M12 4v16M4 12h16',
  key: 'M8 20a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM11.200 12.300 20 3.500M16.500 7l3 3M13.500 10l2 2',
  exit: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  download: 'M12 4v11M7 10.500l5 5 5-5M4.500 20h15',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.500 2.500 3.800 5.600 3.800 9s-1.300 6.500-3.800 9c-2.500-2.500-3.800-5.600-3.800-9S9.500 5.500 12 3Z',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Mark({ size = 32 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <path d="M15.200 4.200C8.600 8.600 5.300 16 6.300 26c6.200-4 9.500-11 8.900-21.800Z" fill="currentColor" />
      <path d="M17.600 6.400c5.700 4.100 9 10.400 8.600 19.600-3.500-2.200-6.200-5.300-7.600-9.600" fill="none" stroke="currentColor" strokeWidth="2.300" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M11.300 20.600h9.800" stroke="#dba63f" strokeWidth="2.400" strokeLinecap="round" />
    </svg>
  );
}
