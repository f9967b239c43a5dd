package web

import "net/http"

// table is all pages and actions. A GET shows, a POST does.
func (s *site) table() map[string]func(*visit) error {
	return map[string]func(*visit) error{
		"GET /inbox":         s.inbox,
		"POST /fetch":        s.fetchNow,
		"POST /inbox/marked": s.marked,

		"GET /message/{id}":         s.message,
		"POST /message/{id}/open":   s.openMessage,
		"POST /message/{id}/mark":   s.markMessage,
		"POST /message/{id}/link":   s.link,
		"POST /message/{id}/unlink": s.unlink,
		"POST /message/{id}/create": s.createFor,
		"POST /message/{id}/reply":  s.reply,

		"GET /message/{id}/print":        s.printed,
		"POST /message/{id}/pictures":    s.trustPictures,
		"POST /message/{id}/receipt":     s.answerReceipt,
		"GET /message/{id}/file/{part}":  s.filing,
		"POST /message/{id}/file/{part}": s.fileIt,
		"GET /documents":                 s.documents,
		"GET /documents/file":            s.document,

		"GET /link":  s.chooseRecord,
		"POST /link": s.linkMany,

		"GET /compose":             s.compose,
		"POST /compose":            s.writeDraft,
		"GET /drafts":              s.drafts,
		"GET /drafts/{id}":         s.draft,
		"POST /drafts/{id}":        s.writeDraft,
		"POST /drafts/{id}/delete": s.deleteDraft,
		"GET /drafts/{id}/preview": s.preview,
		"GET /drafts/{id}/body":    s.previewBody,
		"POST /drafts/{id}/send":   s.send,
		"GET /complete":            s.complete,

		"GET /outbox":               s.outbox,
		"POST /outbox/{id}/undo":    s.undoSend,
		"POST /outbox/{id}/resolve": s.resolve,

		"GET /templates":              s.templates,
		"GET /templates/new":          s.newTemplate,
		"POST /templates/new":         s.saveTemplate,
		"GET /templates/{id}":         s.template,
		"POST /templates/{id}":        s.saveTemplate,
		"POST /templates/{id}/delete": s.deleteTemplate,

		"GET /records":             s.records,
		"GET /records/new":         s.newRecord,
		"POST /records/new":        s.createRecord,
		"GET /records/{kind}/{id}": s.record,

		"GET /accounts":                      s.accounts,
		"GET /accounts/new":                  s.newAccount,
		"POST /accounts/new/find":            s.findAccount,
		"POST /accounts/new/login":           s.useLogin,
		"POST /accounts/new/try":             s.tryAccount,
		"POST /accounts/new/anyway":          s.tryAnyway,
		"POST /accounts/signin":              s.signIn,
		"GET /accounts/signed-in":            s.signedIn,
		"GET /accounts/{id}":                 s.account,
		"POST /accounts/{id}":                s.saveAccount,
		"POST /accounts/{id}/test":           s.testAccount,
		"POST /accounts/{id}/pause":          s.pauseAccount,
		"POST /accounts/{id}/resume":         s.resumeAccount,
		"GET /accounts/{id}/folders":         s.folders,
		"POST /accounts/{id}/folders":        s.saveFolders,
		"POST /accounts/{id}/folders/create": s.createFolder,
		"GET /accounts/{id}/certificate":     s.certificate,
		"POST /accounts/{id}/trust":          s.trust,
		"GET /accounts/{id}/delete":          s.askDelete,
		"POST /accounts/{id}/delete":         s.deleteAccount,

		"GET /help":   s.help,
		"GET /events": s.events,
		"GET /{$}":    func(v *visit) error { return v.to("/inbox") },
		"/":           func(v *visit) error { return errNoPage },
	}
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range s.table() {
		mux.Handle(pattern, s.page(handle))
	}
	mux.HandleFunc("GET /assets/{name}", s.serveAsset)
	return guarded(s.cfg.People.Enter(mux))
}
