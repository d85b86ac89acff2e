/// <reference types="vite/client" />
// the default theme with the fonts of the reader's system: pages load nothing that they do not need
import Theme from 'vitepress/theme-without-fonts'
import './style.css'

export default Theme
