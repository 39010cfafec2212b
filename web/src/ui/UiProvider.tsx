/* The only folder that knows Mantine. Mantine's variables come from a style sheet of the build and
 * not from a style element at run time, and no responsive style property is used anywhere: the
 * app needs nothing beyond `style-src 'self'`. */
import { createTheme, MantineProvider, type MantineColorsTuple } from '@mantine/core';
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import '@mantine/core/styles/UnstyledButton.css';
import '@mantine/core/styles/Button.css';
import '@mantine/core/styles/ActionIcon.css';
import '@mantine/core/styles/CloseButton.css';
import '@mantine/core/styles/Loader.css';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/PasswordInput.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/Popover.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Menu.css';
import '@mantine/core/styles/Skeleton.css';
import type { ReactNode } from 'react';

const laurel: MantineColorsTuple = [
  '#eef4f1',
  '#dcebe5',
  '#b9d6cb',
  '#8fbcab',
  '#5d9a85',
  '#357d67',
  '#246a56',
  '#1b5a4a',
  '#15463a',
  '#12352f',
];

const theme = createTheme({
  primaryColor: 'laurel',
  primaryShade: 7,
  colors: { laurel },
  respectReducedMotion: true,
  cursorType: 'pointer',
});

export function UiProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} forceColorScheme="light" withCssVariables={false} withGlobalClasses={false}>
      {children}
    </MantineProvider>
  );
}
