(print (+ 1 nothing))
; ExitCode: 65
