/* A panel and the five states that every one of them has: loading, empty, error, no access,
 * offline. */
import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Failure } from '../fhir/failure';
import type { Query } from '../fhir/query';
import { useText } from '../i18n';
import { Button } from './controls';
import { Icon, type IconName } from './icons';

export function Panel({
  title,
  count,
  aside,
  children,
  className,
  level = 2,
}: {
  title: string;
  count?: number | undefined;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  level?: 2 | 3;
}) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className={`panel ${className ?? ''}`} aria-label={title}>
      <header className="panel-head">
        <Heading>
          {title}
          {count === undefined ? null : <span className="count">{count}</span>}
        </Heading>
        {aside}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}

export function Note({ icon, title, children, tone = 'calm' }: { icon?: IconName; title: string; children?: ReactNode; tone?: 'calm' | 'bad' }) {
  return (
    <div className={`note note-${tone}`}>
      {icon ? <Icon name={icon} /> : null}
      <div>
        <p className="note-title">{title}</p>
        {children}
      </div>
    </div>
  );
}

export function Loading({ rows = 3 }: { rows?: number }) {
  const t = useText();
  return (
    <div className="loading" role="status">
      <span className="hidden">{t.app.loading}</span>
      {Array.from({ length: rows }, (_, at) => (
        <Skeleton key={at} height={14} width={`${92 - ((at * 17) % 40)}%`} mt={at ? 14 : 4} radius="sm" />
      ))}
    </div>
  );
}

export function FailureNote({ failure, retry }: { failure: Failure; retry: () => void }) {
  const { failures, app } = useText();
  const words = {
    offline: ['cloudOff', failures.offline, failures.offlineHelp],
    forbidden: ['lock', failures.forbidden, failures.forbiddenHelp],
    notFound: ['search', failures.notFound, failures.notFoundHelp],
    busy: ['alert', failures.busy, failures.busyHelp],
    lockedOut: ['alert', failures.busy, failures.busyHelp],
    mixedUp: ['alert', failures.mixedUp, failures.mixedUpHelp],
  } as const;
  const [icon, title, help] =
    failure.kind in words
      ? words[failure.kind as keyof typeof words]
      : (['alert', failures.server, failures.serverHelp] as const);
  /* What has no words of its own speaks as a fault of the server. */
  const said = failure.kind in words ? failure.kind : 'server';
  const canRetry = failure.kind !== 'forbidden' && failure.kind !== 'notFound';
  return (
    <div role="alert" data-failure={said}>
      <Note icon={icon} title={title} tone={failure.kind === 'forbidden' ? 'calm' : 'bad'}>
        <p>{help}</p>
        {canRetry ? <Button onClick={retry}>{app.retry}</Button> : null}
      </Note>
    </div>
  );
}

export function Show<T>({ query, children, rows }: { query: Query<T>; children: (data: T) => ReactNode; rows?: number }) {
  if (query.state === 'loading') return <Loading rows={rows ?? 3} />;
  if (query.state === 'failed') return <FailureNote failure={query.failure} retry={query.retry} />;
  return <>{children(query.data)}</>;
}
