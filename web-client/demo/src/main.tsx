// First, so that what a component says of itself wins.
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { readStored } from './hooks/use-stored.ts';

// Before the first paint, so that a chosen dark page does not flash white.
const theme = readStored('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
