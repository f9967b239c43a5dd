package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

//go:embed pages/*.html assets/*
var files embed.FS

// pages are the parsed templates: one set for each page and language.
type pages struct {
	sets   map[language]map[string]*template.Template
	assets map[string]asset
}

// An asset is a file that pages refer to by the hash of its bytes, so that browsers keep it for ever.
type asset struct {
	body []byte
	hash string
}

// parsePages parses every template in every language. Files named part_*.html and layout.html belong to all pages.
func parsePages() (*pages, error) {
	p := &pages{sets: map[language]map[string]*template.Template{}, assets: map[string]asset{}}
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		body, err := files.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		p.assets[e.Name()] = asset{body, hex.EncodeToString(sum[:6])}
	}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, err
	}
	for _, lang := range languages {
		common, err := template.New("").Option("missingkey=zero").Funcs(p.functions(lang)).ParseFS(files, "pages/layout.html", "pages/part_*.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the layout: %w", err)
		}
		p.sets[lang] = map[string]*template.Template{}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || strings.HasPrefix(name, "part_") {
				continue
			}
			set, err := common.Clone()
			if err == nil {
				set, err = set.ParseFS(files, file)
			}
			if err != nil {
				return nil, fmt.Errorf("parsing page %s: %w", name, err)
			}
			p.sets[lang][name] = set
		}
	}
	return p, nil
}

// functions are what templates can call.
func (p *pages) functions(lang language) template.FuncMap {
	return template.FuncMap{
		"t":     lang.say,
		"n":     lang.count,
		"num":   lang.number,
		"size":  lang.size,
		"esc":   url.PathEscape,
		"asset": func(name string) string { return "/assets/" + name + "?v=" + p.assets[name].hash },

		"roleicon": roleIcon,
		"kindicon": kindIcon,
		"people":   func(label string, list []person) headerLine { return headerLine{label, list} },
		"wrong":    func(id, text string) wrong { return wrong{id, text} },
		"curing":   func(c *cure, token string) curing { return curing{c, token} },
		"rows":     func(here string, rows []row) rowList { return rowList{here, rows} },
		"treelist": func(list []choice, base string) treeList { return treeList{list, base} },
		"suggested": func(all []suggestion, field string) []suggestion {
			return slices.DeleteFunc(slices.Clone(all), func(s suggestion) bool { return s.Field != field })
		},
	}
}

// A headerLine is a line of a mail's header, wrong is what is wrong with a field: arguments of partial templates, which take only one.
type headerLine struct {
	Label string
	List  []person
}

type wrong struct{ ID, Text string }

// curing is what can be done about an account's state, with the token of its form.
type curing struct {
	Cure  *cure
	Token string
}

// A rowList is a history, with the page to come back to.
type rowList struct {
	Here string
	Rows []row
}

// A treeList is records whose documents can be chosen, with the page that shows the choice.
type treeList struct {
	List []choice
	base string
}

// URL is the page with one of them chosen.
func (l treeList) URL(c choice) string { return address(l.base, "tree", c.Ref) }

// roleIcon and kindIcon are the names of icons; folders and kinds that are nothing special have one too.
func roleIcon(role string) string {
	if slices.Contains(roleOrder, role) {
		return role
	}
	return "folder"
}

func kindIcon(kind string) string {
	switch kind {
	case "account", "contact", "deal":
		return kind
	}
	return "record"
}

// render makes a whole page, or none: an error in the middle is never half an answer.
func (p *pages) render(lang language, page string, data any) ([]byte, error) {
	set, ok := p.sets[lang][page]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", page)
	}
	var out bytes.Buffer
	if err := set.ExecuteTemplate(&out, "layout", data); err != nil {
		return nil, fmt.Errorf("writing page %s: %w", page, err)
	}
	return out.Bytes(), nil
}

// serveAsset is GET /assets/{name}.
func (s *site) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	a, ok := s.pages.assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("ETag", `"`+a.hash+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.body) // the visitor may be gone: there is nobody to tell
}

// wantsJSON reports whether the script asks.
func (v *visit) wantsJSON() bool { return v.r.Header.Get("Accept") == "application/json" }

// json answers the script.
func (v *visit) json(status int, data any) {
	out, err := json.Marshal(data)
	if err != nil {
		status, out = http.StatusInternalServerError, []byte("{}")
		v.site.cfg.Logger.ErrorContext(v.ctx(), "an answer to the script failed", "error", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out) // the visitor may be gone: there is nobody to tell
}
