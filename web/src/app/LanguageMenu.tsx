import { languageNames, languages, useSpeech } from '../i18n';
import { ChoiceMenu, Icon } from '../ui';

export function LanguageMenu() {
  const { language, setLanguage, t } = useSpeech();
  return (
    <ChoiceMenu
      label={t.nav.language}
      button={
        <button type="button" className="bar-button">
          <Icon name="globe" size={18} />
          <span>{language.toUpperCase()}</span>
          <span className="hidden">{`${t.nav.language}: ${languageNames[language]}`}</span>
        </button>
      }
      choices={languages.map((each) => ({
        key: each,
        label: languageNames[each],
        lang: each,
        current: each === language,
        onChoose: () => setLanguage(each),
      }))}
    />
  );
}
