' VB6 / VBA: a form in GBK, an answer in lines name=value. Needs nothing but Windows.
Option Explicit

Public Function WebCti(ByVal Server As String, ByVal Key As String, ByVal Verb As String, ByVal Fields As String) As String
    Dim Http As Object
    Set Http = CreateObject("WinHttp.WinHttpRequest.5.1")
    Http.Open "POST", Server & "/webcti/v1/verbs/" & Verb, False
    Http.SetRequestHeader "Authorization", "Bearer " & Key
    Http.SetRequestHeader "Content-Type", "application/x-www-form-urlencoded; charset=gbk"
    Http.Send Fields & "&format=text"
    WebCti = Http.ResponseText
End Function

Public Sub DialExample()
    Dim Answer As String
    Answer = WebCti("https://10.1.2.3", "hcc_KEY", "dial", "agent=1001&number=13800000001")
    If Left$(Answer, 4) <> "ok=1" Then MsgBox Answer
End Sub
