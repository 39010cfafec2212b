import { useText } from '../i18n';

export function Starting() {
  const t = useText();
  return (
    <main className="starting" id="content">
      <h1 className="hidden">Aceso</h1>
      <p className="hidden" role="status">
        {t.app.loading}
      </p>
    </main>
  );
}
