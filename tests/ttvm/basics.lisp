(define x 3)
(define (square n) (* n n))
(print (square x)) ; Expected: 9
(set! x 4)
(print (+ x 1 2)) ; Expected: 7
(print (if (< x 5 6) "small" "large")) ; Expected: small
(print (let ((a 1) (b 2)) (begin (print a) (+ a b))))
; Expected: 1
; Expected: 3
(print #t) ; Expected: true
