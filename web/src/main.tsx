import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { findSession, watchSession } from './app/session';
import './styles/base.css';
import './styles/shell.css';
import './styles/chart.css';
import './styles/programs.css';
import './styles/forms.css';
import './styles/clinic.css';
import './styles/calendar.css';
import './styles/admin.css';
import './styles/door.css';
import './styles/screens.css';
import './styles/glass.css';
import './styles/print.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
watchSession();
void findSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
