// What every page does with script; each module does one thing and works alone.
import "./menu.js";
import "./copy.js";
import "./dialog.js";
import "./tabs.js";
import "./toast.js";
import "./failure.js";
